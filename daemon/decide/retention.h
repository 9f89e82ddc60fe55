/* Retention: which instances are still there. Pure; O(n log n) in the instances of a round. */
#ifndef WARMD_DECIDE_RETENTION_H
#define WARMD_DECIDE_RETENTION_H

#include "decide/learn_interval.h"
#include "decide/observation.h"

enum {
    /* Instances end about 2 h after their birth, however busy they are: the death of one older than this says
     * nothing about idle lifetimes. */
    RETENTION_YOUNG_MS = 90 * 60 * 1000,
    /* One that more rounds in a row than this have not seen is forgotten. */
    RETENTION_ABSENT_MOST = 3,
};

/* An instance. Times are sums of what elapsed between rounds, so that setting a clock doesn't matter; they
 * stop at 49 days. */
struct seen {
    uint64_t id;
    uint32_t age_ms;     /* since it was first seen */
    uint32_t idle_ms;    /* since it was last seen */
    uint32_t longest_ms; /* the longest idle time that it is known to have survived */
    uint32_t died_ms;    /* the idle time that it was taken to have died of; 0: it wasn't */
    uint8_t absent;      /* rounds in a row that have not seen it */
    bool of_age_unknown; /* it was not born when it was first seen */
};

/* Zero-initialised: nothing was seen yet. */
struct retention {
    struct seen *items; /* by ascending id; owned */
    size_t n;
    uint64_t invented; /* ids that were given to instances that don't name themselves */
};

/* Compares OBSERVATION with what was seen before, adds to EVIDENCE what it proves, and remembers what it saw.
 * If the elapsed time isn't known, it only starts again from what it saw. In a throttled round it isn't known
 * who was left out: the missing don't count as dead. -ENOMEM: nothing changes.
 *
 * One that is not seen again need not be dead: real traffic may use it, or may have put others before it.
 * Only a cold start in its place is a death. So there are no more deaths than cold starts less those by which
 * the volley has grown, and missing ones old enough to retire account for them first. Those that come back
 * are taken out of the count.
 *
 * If instances don't name themselves but say whether they were cold, the oldest count as replaced; if they
 * say neither, nothing is known. If they name themselves but don't say, each new name counts as a cold
 * start. */
int retention_take(struct retention *retention, const struct observation *observation,
                   struct lifetimes *lifetimes, struct retained *ret_retained);

/* Forgets all, as after a deploy. */
void retention_clear(struct retention *retention);

#endif
