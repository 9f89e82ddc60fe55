/* Schedule: when an endpoint's next round is due. Pure: times come in, times go out. CLOCK_BOOTTIME
 * throughout. */
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
 * interval: a crash loop is no ping storm. A last round of 0 (unknown) or in the future (the clock was set
 * back) doesn't count. NOW_REAL_US is CLOCK_REALTIME. */
struct schedule schedule_resume(const struct endpoint *endpoint, struct schedule first, uint64_t last_real_us,
                                uint64_t now_real_us, uint64_t now_us);

/* The round after the one of BEFORE: the next place on the grid that, jitter included, is after NOW_US
 * (places that were slept through are left out, not made up for). RANDOM is uniform over all of uint64_t. */
struct schedule schedule_next(const struct endpoint *endpoint, const struct schedule *before, uint64_t now_us,
                              uint64_t random);

/* After a reload: a known endpoint keeps its due time, but waits no longer than its new interval and jitter
 * say. */
struct schedule schedule_keep(const struct endpoint *endpoint, const struct schedule *before,
                              uint64_t now_us);

/* Requests in a month of 30 days: one volley a round. */
double schedule_requests_per_month(const struct endpoint *endpoint);

#endif
