/* The figures that must hold: 30 days, 20 seeds, idle lifetimes unknown to the daemon. */
#ifndef WARMD_LEARNING_FIGURES_H
#define WARMD_LEARNING_FIGURES_H

#include "scenario.h"

enum { SEEDS_MOST = 20 };

enum figure_id {
    FIGURE_COLD,
    FIGURE_ORACLE,
    FIGURE_ORACLE_ONE,
    FIGURE_FIXED,
    FIGURE_FALL,
    FIGURE_FALL_DAY,
    FIGURE_HOLD,
    FIGURE_BUDGET,
    FIGURE_THROTTLE,
    FIGURE_THROTTLE_FIXED,
    FIGURES,
};

/* A ratio for each seed. Over all seeds it is the ratio of the sums, or the largest. */
struct figure {
    const char *name; /* of the test */
    const char *what;
    int digits;           /* after the point */
    const char *currency; /* before a value; NULL: nothing */
    const char *unit;     /* after it; NULL: nothing */
    double scale;         /* of a value that is shown */
    double must, aim;     /* at most */
    bool largest;
    double over[SEEDS_MOST], under[SEEDS_MOST];
};

/* What else is worth knowing, over all seeds. */
struct asides {
    double interval_min;                 /* mean, at the end */
    double oracle_cold, fixed_cold;      /* real requests that meet a cold instance, with these */
    double burst_cold, fixed_burst_cold; /* of those in bursts only */
    double budget_used;                  /* the least share of a month's budget */
    double throttle_with_first;          /* with the round that ran into it, from the throttle's begin on */
};

struct figures {
    struct figure figures[FIGURES];
    struct asides asides;
    int seeds;
};

/* Without values. */
extern const struct figure figures_blank[FIGURES];

/* All of them; SEEDS up to SEEDS_MOST. */
void figures_run(struct figures *figures, int seeds);
double figure_of_seed(const struct figure *figure, int seed); /* from 0 */
enum { FIGURE_TEXT_MAX = 48 };
/* VALUE as it is read. Returns BUFFER. */
const char *figure_show(const struct figure *figure, double value, char buffer[FIGURE_TEXT_MAX]);
double figure_over_all(const struct figure *figure, int seeds);

#endif
