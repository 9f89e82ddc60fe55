/* Failing endpoints: the next round sooner at first, later as usual, and with only a few requests. Pure.
 *
 * A failing endpoint answers no request as expected. The round after its first failure comes after a
 * sixteenth of the interval, each one after that twice as long after the last, up to the interval. They ask
 * for a tenth of the instances: enough to see whether it is back, without a storm on something in trouble. A
 * round with an answer ends that, and one for all instances follows at once. */
#ifndef WARMD_DECIDE_BACKOFF_H
#define WARMD_DECIDE_BACKOFF_H

#include "decide/observation.h"

enum backoff_change { BACKOFF_SAME, BACKOFF_BEGAN, BACKOFF_OVER };

struct backoff {
    uint32_t rounds;        /* in a row that have failed; 0: it isn't failing */
    uint64_t since_real_us; /* the end of the first, CLOCK_REALTIME */
};

/* A round that was throttled changes nothing: the endpoint is there. */
enum backoff_change backoff_take(struct backoff *failing, const struct observation *observation,
                                 uint64_t now_real_us);
/* How many of WANTED to ask for. */
uint32_t backoff_share(const struct backoff *failing, uint32_t wanted);
/* From one round to the next. */
uint64_t backoff_delay_us(const struct backoff *failing, uint64_t interval_us);
/* Since when, for people; 0 if a clock was set back. */
uint64_t backoff_for_us(const struct backoff *failing, uint64_t now_real_us);

#endif
