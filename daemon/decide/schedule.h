/* Schedule: when an endpoint's next round is due. Pure (times in, times out) except for the process's time
 * zone if there are windows. Times are CLOCK_BOOTTIME, or CLOCK_REALTIME if a name says `real`. */
#ifndef WARMD_DECIDE_SCHEDULE_H
#define WARMD_DECIDE_SCHEDULE_H

#include "plan/plan.h"

/* Rounds lie on a grid of the interval, each shifted by a jitter of its own, so that jitter never adds up to
 * drift. */
struct schedule {
    uint64_t grid_us; /* the next round's place on the grid */
    uint64_t due_us;  /* with its jitter */
};

/* The first round of the endpoint at POSITION of N: position · stagger / N after NOW_US, without jitter. */
struct schedule schedule_first(uint64_t now_us, uint64_t stagger_us, size_t position, size_t n);

/* After a restart: FIRST, but not before the endpoint's last round, which began at LAST_REAL_US, plus its
 * interval: a crash loop must not become a ping storm. A last round of 0 (unknown) or in the future (the
 * clock was set back) doesn't count. */
struct schedule schedule_resume(uint64_t interval_us, struct schedule first, uint64_t last_real_us,
                                uint64_t now_real_us, uint64_t now_us);

/* The round after BEFORE: the next place on the grid that, jitter included, is after NOW_US (places that were
 * slept through are skipped, not made up for). JITTER_US is at most half of INTERVAL_US, which is the
 * configured or the learned one; RANDOM is uniform over all of uint64_t. */
struct schedule schedule_next(uint64_t interval_us, uint64_t jitter_us, const struct schedule *before,
                              uint64_t now_us, uint64_t random);

/* After a reload: a known endpoint keeps its due time, but waits no longer than its new interval and jitter
 * say. */
struct schedule schedule_keep(uint64_t interval_us, uint64_t jitter_us, const struct schedule *before,
                              uint64_t now_us);

/* NEXT, moved to suit the endpoint's windows; call it after each of the above. If more instances are wanted
 * before NEXT is due: to that moment, so that a window begins (its lead early) with a round. If NEXT would be
 * due while it is resting: to the end of the rest. UINT64_MAX for both: no round, it rests for good. */
struct schedule schedule_in_windows(const struct endpoint *endpoint, struct schedule next, uint64_t now_us,
                                    uint64_t now_real_us);

/* When ENDPOINT begins to rest before the round that is due at DUE_US (UINT64_MAX: none is); UINT64_MAX: it
 * doesn't, or rests already. */
uint64_t schedule_rest(const struct endpoint *endpoint, uint64_t due_us, uint64_t now_us,
                       uint64_t now_real_us);

#define SCHEDULE_MONTH_S (30.0 * 24 * 60 * 60)

/* A month of 30 days, of weeks like the one that begins now, one volley a round. */
struct schedule_month {
    double rounds;
    double requests;
    double instance_s; /* instances wanted × seconds */
    double openings;   /* instances that are newly wanted when a window opens */
};

/* All zero for an endpoint that isn't enabled. */
struct schedule_month schedule_month(const struct endpoint *endpoint, uint64_t interval_us,
                                     uint64_t now_real_us);

#endif
