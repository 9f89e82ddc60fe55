#include "decide/learn_hold.h"

#include "base/clock.h"
#include "decide/verdict.h"

static const double LOWERED_AT_FIRST = 0.75;
static const double LOWERED = 0.993;
static const double RAISED = 2;
static const double SKEW_FADES = 0.98;
static const double SKEW_MARGIN = 1.5;

void learn_hold_init(struct learned_hold *learned, const struct endpoint *endpoint)
{
    *learned = (struct learned_hold){.hold_us = (double)endpoint->hold_us};
}

uint64_t learn_hold_us(const struct learned_hold *learned)
{
    uint64_t hold_us = (uint64_t)learned->hold_us;
    return (hold_us + US_PER_MS - 1) / US_PER_MS * US_PER_MS;
}

static double raised(const struct learned_hold *learned, const struct endpoint *endpoint,
                     const struct observation *observation)
{
    double longer_us = (double)verdict_longer_hold_us(observation->hold_us, observation->spread_us);
    double most_us = LEARN_HOLD_MOST_US, enough_us = (double)observation->enough_us;
    if ((double)observation->hold_us >= most_us)
        return (double)endpoint->hold_us;
    if (enough_us >= RAISED * (double)observation->hold_us)
        return enough_us;
    return observation->is_futile ? learned->hold_us : longer_us;
}

static double within(const struct learned_hold *learned, const struct endpoint *endpoint)
{
    double least_us = SKEW_MARGIN * learned->skew_us;
    double most_us = endpoint->hold_us > LEARN_HOLD_MOST_US ? (double)endpoint->hold_us : LEARN_HOLD_MOST_US;
    least_us = least_us < LEARN_HOLD_LEAST_US ? LEARN_HOLD_LEAST_US : least_us;
    double hold_us = learned->hold_us < least_us ? least_us : learned->hold_us;
    return hold_us > most_us ? most_us : hold_us;
}

uint64_t learn_hold(struct learned_hold *learned, const struct endpoint *endpoint,
                    const struct observation *observation)
{
    if (!observation->named || observation->first_ok == 0)
        return learn_hold_us(learned);
    learned->skew_us *= SKEW_FADES;
    if ((double)observation->skew_us > learned->skew_us)
        learned->skew_us = (double)observation->skew_us;
    if (observation->first_distinct < observation->first_ok) {
        learned->was_short = true;
        learned->hold_us = raised(learned, endpoint, observation);
    } else
        learned->hold_us *= learned->was_short ? LOWERED : LOWERED_AT_FIRST;
    learned->hold_us = within(learned, endpoint);
    return learn_hold_us(learned);
}
