/* Moments of an endpoint get into the order of time: a summary tells of an hour of rounds at its end, while
 * others were told at once. Pure. */
#ifndef WARMD_REPORT_LINEUP_H
#define WARMD_REPORT_LINEUP_H

#include "report/timeline.h"

/* So many wait at most: far above what an hour has. */
enum { LINEUP_MOST = 200000 };

/* Zero-initialised: none. */
struct lineup {
    struct moment *data;
    size_t n, capacity;
    uint64_t n_added;
};

/* Adds MOMENT, in the order in which the journal tells of them. False: memory ran out. */
bool lineup_add(struct lineup *lineup, const struct moment *moment);
/* Gives TIMELINE, in the order of time, the moments before BEFORE_US. */
void lineup_drain(struct lineup *lineup, uint64_t before_us, struct timeline *timeline,
                  struct span_sink sink);
void lineup_free(struct lineup *lineup);

#endif
