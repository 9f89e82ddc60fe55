/* Throttle guard: real traffic comes first. Pure.
 *
 * A round that was throttled halves what is sent to its function and doubles the wait for the next one: twice
 * the interval, then four times, and so on up to an hour. Each round without a throttled request gives an
 * eighth back, once an interval. Endpoints of the same function share this.
 *
 * If a step up is throttled while as many as before are answered, there is a ceiling: it asks for no more
 * than were answered at once without a throttle, at the usual interval. One more (or a sixteenth) is tried
 * after four intervals, then after twice as many each time, up to 256. If that is answered, the ceiling is
 * raised and tried again in each interval, by a quarter, until it is no longer in the way. */
#ifndef WARMD_DECIDE_THROTTLE_H
#define WARMD_DECIDE_THROTTLE_H

#include "decide/observation.h"

enum throttle_change {
    THROTTLE_SAME,
    THROTTLE_BEGAN,
    THROTTLE_CEILING, /* a ceiling was found, or a different one */
    THROTTLE_OVER,
};

struct throttle {
    uint64_t key;
    double share;             /* of the wanted instances that may be asked for; 1: no throttle */
    uint32_t streak;          /* throttled rounds in a row */
    uint64_t wait_us;         /* after the last of them */
    uint64_t until_real_us;   /* no round before; CLOCK_REALTIME */
    uint64_t changed_real_us; /* when the share last changed */
    uint32_t calm;            /* most that were answered at once without a throttle since it began */
    uint32_t ceiling;         /* most to be asked for at once; 0: not known */
    uint32_t pause;           /* intervals from one try above the ceiling to the next */
    uint32_t paused;          /* of these, the ones that are over */
    uint32_t most;            /* that were answered at once in this interval */
};

/* Those of all functions. */
struct throttles {
    struct throttle *items; /* by ascending key; owned */
    size_t n;
};

/* Which function: the same for its aliases and versions, by name or ARN, and for a URL whatever its query. */
uint64_t throttle_key(const struct endpoint *endpoint);

/* ENDPOINT's, a new one where there is none; NULL: no memory. Valid until the next call. */
struct throttle *throttles_of(struct throttles *throttles, const struct endpoint *endpoint);
/* By its key; a new one where there is none; NULL: no memory. Valid until the next call. */
struct throttle *throttles_by_key(struct throttles *throttles, uint64_t key);
void throttles_free(struct throttles *throttles);

/* Whether less is asked for than is wanted. */
bool throttle_is_on(const struct throttle *throttle);
/* How many of WANTED may be asked for; at least one. */
uint32_t throttle_share(const struct throttle *throttle, uint32_t wanted);
/* How long to wait before the next round; 0: it may begin. A clock that was set back ends the wait. */
uint64_t throttle_wait_us(const struct throttle *throttle, uint64_t now_real_us);

/* Takes in a round of an endpoint whose interval is INTERVAL_US. A round throttled during another one's wait
 * counts with that one. */
enum throttle_change throttle_take(struct throttle *throttle, const struct observation *observation,
                                   uint64_t interval_us, uint64_t now_real_us);

#endif
