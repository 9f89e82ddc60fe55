#include "decide/learn_interval.h"

#include "base/clock.h"

#include <math.h>
#include <string.h>

static const double CLASS_RATIO = 1.05;
static const double GOOD_FAITH = 4;
static const double LOSS_MOST = 0.1;
static const double HALF_LIFE_US = 24 * 3600e6;
/* Where in its class an interval lies: near the end, but with room for a late round. */
static const double WITHIN_CLASS = 0.9;
static const double SHRINK_MOST = 2.0 / 3;
static const double PROVEN = 5;
enum { STEP_ROUNDS = 6, FULL_ROUNDS = 4 };
static const double ALARM_DEATH = 2.079;     /* ln 0.8/0.1 */
static const double ALARM_SURVIVAL = -1.504; /* ln 0.2/0.9 */
static const double ALARM_MOST = 6;
static const double ALARM_SHRINK = 0.475;

int lifetimes_class(uint64_t idle_us)
{
    if (idle_us <= US_PER_S)
        return 0;
    double class = log((double)idle_us / (double)US_PER_S) / log(CLASS_RATIO);
    return class < LIFETIMES_CLASSES - 1 ? (int)class : LIFETIMES_CLASSES - 1;
}

static uint64_t interval_of_class(int class)
{
    return (uint64_t)((double)US_PER_S * pow(CLASS_RATIO, class + WITHIN_CLASS));
}

void lifetimes_survived(struct lifetimes *lifetimes, uint64_t before_us, uint64_t idle_us, double n)
{
    int last = lifetimes_class(idle_us);
    for (int class = before_us ? lifetimes_class(before_us) + 1 : 0; class <= last; class ++)
        lifetimes->survived[class] += n;
}

void lifetimes_died(struct lifetimes *lifetimes, uint64_t idle_us, double n)
{
    double *died = &lifetimes->died[lifetimes_class(idle_us)];
    *died = *died + n > 0 ? *died + n : 0;
}

void lifetimes_fade(struct lifetimes *lifetimes, uint64_t elapsed_us)
{
    double left = exp2(-(double)elapsed_us / HALF_LIFE_US);
    for (int class = 0; class < LIFETIMES_CLASSES; class ++) {
        lifetimes->survived[class] *= left;
        lifetimes->died[class] *= left;
    }
    lifetimes->retired *= left;
    lifetimes->instance_us *= left;
}

uint64_t lifetimes_retirement_us(const struct lifetimes *lifetimes)
{
    double most_us =
        lifetimes->retired >= PROVEN ? LOSS_MOST * lifetimes->instance_us / lifetimes->retired : HUGE_VAL;
    return most_us < 1e18 ? (uint64_t)most_us : UINT64_MAX;
}

static double share_lost(const struct lifetimes *lifetimes, int class)
{
    return lifetimes->died[class] / (lifetimes->died[class] + lifetimes->survived[class] + GOOD_FAITH);
}

double lifetimes_loss(const struct lifetimes *lifetimes, int class)
{
    double alive = 1;
    for (int at = 0; at <= class; at++)
        alive *= 1 - share_lost(lifetimes, at);
    return 1 - alive;
}

static bool is_good(const struct lifetimes *lifetimes, int class)
{
    return lifetimes_loss(lifetimes, class) <= LOSS_MOST;
}

/* Outlived by five instances, or by a quarter of a fleet of fewer than twenty. */
static bool is_proven(const struct lifetimes *lifetimes, int class, uint32_t fleet)
{
    return lifetimes->survived[class] >= fmin(PROVEN, fleet / 4.0);
}

static uint64_t within(const struct endpoint *endpoint, uint64_t interval_us)
{
    if (interval_us < endpoint->interval_min_us)
        return endpoint->interval_min_us;
    return interval_us > endpoint->interval_max_us ? endpoint->interval_max_us : interval_us;
}

void learn_interval_init(struct learned_interval *learned, const struct endpoint *endpoint)
{
    *learned = (struct learned_interval){.interval_us = within(endpoint, endpoint->interval_us)};
}

void learn_interval_clamp(struct learned_interval *learned, const struct endpoint *endpoint)
{
    learned->interval_us = within(endpoint, learned->interval_us);
}

/* Too many deaths at an idle time that others have survived. */
static bool has_changed(struct learned_interval *learned, const struct retained *retained)
{
    double died = (double)retained->died - (double)retained->refuted;
    if (!is_proven(&learned->lifetimes, lifetimes_class(retained->idle_us), retained->expected))
        return false;
    learned->alarm += died * ALARM_DEATH + retained->survived * ALARM_SURVIVAL;
    if (learned->alarm < 0)
        learned->alarm = 0;
    return learned->alarm > ALARM_MOST;
}

static uint64_t begin_anew(struct learned_interval *learned, const struct retained *retained)
{
    learned->alarm = 0;
    learned->settled = false;
    memset(&learned->lifetimes, 0, sizeof learned->lifetimes);
    lifetimes_died(&learned->lifetimes, retained->idle_us, retained->died);
    return (uint64_t)((double)retained->idle_us * ALARM_SHRINK);
}

/* The longest that is good and proven, but at least two thirds of this one. */
static uint64_t shortened(struct learned_interval *learned, int class, uint32_t fleet)
{
    uint64_t least_us = (uint64_t)((double)learned->interval_us * SHRINK_MOST);
    learned->settled = true;
    while (--class >= 0 && interval_of_class(class) > least_us)
        if (is_good(&learned->lifetimes, class) && is_proven(&learned->lifetimes, class, fleet))
            return interval_of_class(class);
    learned->settled = false;
    return least_us;
}

static uint64_t lengthened(const struct learned_interval *learned, int class)
{
    for (int step = learned->lost ? 1 : 2; step > 0; step--)
        if (class + step < LIFETIMES_CLASSES && is_good(&learned->lifetimes, class + step))
            return interval_of_class(class + step);
    return learned->interval_us;
}

static bool is_borne_out(const struct learned_interval *learned, int class)
{
    bool many = learned->lifetimes.survived[class] >= PROVEN;
    if (learned->settled && learned->rounds < STEP_ROUNDS)
        return false;
    return many || learned->full_rounds >= FULL_ROUNDS;
}

uint64_t learn_interval(struct learned_interval *learned, const struct endpoint *endpoint,
                        const struct retained *retained)
{
    int class = lifetimes_class(learned->interval_us);
    uint64_t interval_us = learned->interval_us;
    if (retained->idle_us == 0)
        return interval_us;
    uint64_t most_us = lifetimes_retirement_us(&learned->lifetimes);
    learned->lost |= retained->died > 0;
    learned->rounds++;
    learned->full_rounds = retained->died ? 0 : learned->full_rounds + (retained->survived > 0);
    if (has_changed(learned, retained))
        interval_us = begin_anew(learned, retained);
    else if (!is_good(&learned->lifetimes, class))
        interval_us = shortened(learned, class, retained->expected);
    else if (is_borne_out(learned, class))
        interval_us = lengthened(learned, class);
    interval_us = within(endpoint, interval_us < most_us ? interval_us : most_us);
    if (learned->interval_us != interval_us)
        learned->rounds = learned->full_rounds = 0;
    return learned->interval_us = interval_us;
}
