#include "decide/learn_interval.h"

#include "base/clock.h"

#include <math.h>
#include <string.h>

static const double CLASS_RATIO = 1.05;
static const double GOOD_FAITH = 4;
static const double LOSS_MOST = 0.1;
static const double HALF_LIFE_US = 24 * 3600e6;
/* Where in its class an interval lies: near the end, but so that a late round is in it still. */
static const double WITHIN_CLASS = 0.9;
static const double SHRINK = 1.5; /* unless more is known, a death may be of an interval a third shorter */
static const double BORNE_OUT = 5;
enum { FULL_ROUNDS = 4 };
static const double ALARM_DEATH = 2.079;     /* ln 0.8/0.1 */
static const double ALARM_SURVIVAL = -1.504; /* ln 0.2/0.9 */
static const double ALARM_MOST = 6;
static const double ALARM_SHRINK = 0.475;
/* An idle time so much beyond the interval (a pause, a back-off) says nothing of a change. */
static const double EXPECTED_MOST = 1.25;

int evidence_class(uint64_t idle_us)
{
    if (idle_us <= US_PER_S)
        return 0;
    double class = log((double)idle_us / (double)US_PER_S) / log(CLASS_RATIO);
    return class < EVIDENCE_CLASSES - 1 ? (int)class : EVIDENCE_CLASSES - 1;
}

static uint64_t interval_of_class(int class)
{
    return (uint64_t)((double)US_PER_S * pow(CLASS_RATIO, class + WITHIN_CLASS));
}

void evidence_survived(struct evidence *evidence, uint64_t before_us, uint64_t idle_us, double n)
{
    int last = evidence_class(idle_us);
    for (int class = before_us ? evidence_class(before_us) + 1 : 0; class <= last; class ++)
        evidence->survived[class] += n;
}

void evidence_died(struct evidence *evidence, uint64_t before_us, uint64_t idle_us, double n)
{
    int last = evidence_class(idle_us), first = evidence_class((uint64_t)((double)idle_us / SHRINK)) + 1;
    int before = before_us ? evidence_class(before_us) + 1 : 0;
    first = before > first ? before : first;
    /* It outlived this class before, and dies of it now. */
    first = first < last ? first : last;
    for (int class = first; class <= last; class ++) {
        double died = evidence->died[class] + n / (last - first + 1);
        evidence->died[class] = died > 0 ? died : 0;
    }
}

void evidence_fade(struct evidence *evidence, uint64_t elapsed_us)
{
    double left = exp2(-(double)elapsed_us / HALF_LIFE_US);
    for (int class = 0; class < EVIDENCE_CLASSES; class ++) {
        evidence->survived[class] *= left;
        evidence->died[class] *= left;
    }
}

static double share_lost(const struct evidence *evidence, int class)
{
    return evidence->died[class] / (evidence->died[class] + evidence->survived[class] + GOOD_FAITH);
}

double evidence_loss(const struct evidence *evidence, int class)
{
    double alive = 1;
    for (int at = 0; at <= class; at++)
        alive *= 1 - share_lost(evidence, at);
    return 1 - alive;
}

/* The last class up to MOST that is good enough; -1: none is. */
static int last_good_class(const struct evidence *evidence, int most)
{
    double alive = 1;
    int class = 0;
    for (; class <= most; class ++) {
        alive *= 1 - share_lost(evidence, class);
        if (1 - alive > LOSS_MOST)
            break;
    }
    return class - 1;
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

static bool has_changed(struct learned_interval *learned, const struct retained *retained)
{
    double died = (double)retained->died - (double)retained->refuted;
    if ((double)retained->idle_us > EXPECTED_MOST * (double)learned->interval_us)
        return false;
    learned->alarm += died * ALARM_DEATH + retained->survived * ALARM_SURVIVAL;
    if (learned->alarm < 0)
        learned->alarm = 0;
    return learned->alarm > ALARM_MOST;
}

static uint64_t begin_anew(struct learned_interval *learned, const struct retained *retained)
{
    learned->alarm = 0;
    memset(&learned->evidence, 0, sizeof learned->evidence);
    evidence_died(&learned->evidence, 0, retained->idle_us, retained->died);
    return (uint64_t)((double)retained->idle_us * ALARM_SHRINK);
}

static bool is_borne_out(const struct learned_interval *learned, int class)
{
    const struct evidence *evidence = &learned->evidence;
    return learned->full_rounds >= FULL_ROUNDS ||
           evidence->survived[class] + evidence->died[class] >= BORNE_OUT;
}

static uint64_t adjusted(const struct learned_interval *learned)
{
    int class = evidence_class(learned->interval_us);
    int step = learned->lost ? 1 : 2;
    int good = last_good_class(&learned->evidence, class + step);
    if (good < class)
        return good < 0 ? 0 : interval_of_class(good);
    if (good > class && is_borne_out(learned, class))
        return interval_of_class(good < EVIDENCE_CLASSES ? good : EVIDENCE_CLASSES - 1);
    return learned->interval_us;
}

uint64_t learn_interval(struct learned_interval *learned, const struct endpoint *endpoint,
                        const struct retained *retained)
{
    if (retained->idle_us == 0)
        return learned->interval_us;
    uint64_t before_us = learned->interval_us;
    learned->lost |= retained->died > 0;
    learned->full_rounds = retained->died ? 0 : learned->full_rounds + 1;
    uint64_t interval_us = has_changed(learned, retained) ? begin_anew(learned, retained) : adjusted(learned);
    learned->interval_us = within(endpoint, interval_us);
    if (learned->interval_us != before_us)
        learned->full_rounds = 0;
    return learned->interval_us;
}
