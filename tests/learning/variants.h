/* Other worlds than the usual one, and what comes of it there. For docs/learning.md; nothing is promised. */
#ifndef WARMD_LEARNING_VARIANTS_H
#define WARMD_LEARNING_VARIANTS_H

#include "scenario.h"

enum { VARIANTS_MOST = 24 };

struct variant {
    const char *what;
    uint32_t warm;
    double interval_min;                 /* mean over the run */
    double beside_fixed;                 /* pings */
    double beside_volleys;               /* 0: no oracle was asked */
    double cold, burst_cold;             /* shares of real requests within `warm` */
    double fixed_cold, fixed_burst_cold; /* the same with a fixed 5 min */
    double hold_ms;                      /* in the end */
};

struct variants {
    struct variant items[VARIANTS_MOST];
    size_t n;
};

/* Each over SEEDS. */
void variants_run(struct variants *variants, int seeds);

#endif
