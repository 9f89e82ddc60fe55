/* Retention: which instances are still there. Pure; O(n log n) in the instances of a round. */
#ifndef WARMD_DECIDE_RETENTION_H
#define WARMD_DECIDE_RETENTION_H

#include "decide/learn_interval.h"
#include "decide/observation.h"

enum {
    /* Instances end about 2 h after their birth, however busy they are: the death of one that is older than
     * this says nothing of idle lifetimes. */
    RETENTION_YOUNG_MS = 90 * 60 * 1000,
    /* One that so many rounds in a row have not seen is forgotten. */
    RETENTION_ABSENT_MOST = 3,
};

/* An instance. Times are sums of what elapsed between rounds, so that no clock matters that somebody sets;
 * they end at 49 days. */
struct seen {
    uint64_t id;
    uint32_t age_ms;     /* since it was first seen */
    uint32_t idle_ms;    /* since it was last seen */
    uint32_t longest_ms; /* the longest idle time that it is known to have survived */
    uint32_t died_ms;    /* the idle time of which it was taken to have died; 0: it wasn't */
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
 * Where the elapsed time isn't known, it only begins anew with what it saw. Of a throttled round it isn't
 * known who was left out: whoever is missing there is in no way dead. -ENOMEM: all is as before.
 *
 * One that is not seen again is not dead for that: real traffic may use it, or may have brought others before
 * it. Only a cold start in its place is a death. So there are no more deaths than cold starts less those by
 * which the volley has grown, and of the missing, those old enough to retire account for them first. Whoever
 * comes back is taken out of the count.
 *
 * Where instances don't name themselves but say whether they were cold, the oldest are taken to be the ones
 * that were replaced; where they say neither, nothing is known. Where they name themselves and don't say,
 * each new name counts as a cold start. */
int retention_take(struct retention *retention, const struct observation *observation,
                   struct evidence *evidence, struct retained *ret_retained);

/* Forgets all, as after a deploy. */
void retention_clear(struct retention *retention);

#endif
