/* One run, or a few that belong together, of one seed. */
#ifndef WARMD_LEARNING_EXPERIMENTS_H
#define WARMD_LEARNING_EXPERIMENTS_H

#include "scenario.h"

struct scenario scenario_nine_to_eleven(void);
struct scenario scenario_fall(void);

/* The usual world: with the daemon, with the same daemon at a fixed 5 min, with oracles. */
struct usual_result {
    struct result learned, fixed;
    struct oracle_result volleys, one_by_one;
};
struct usual_result experiment_usual(uint64_t seed);

/* A fixed 5 min's are exactly these: 20 each 5 min for 30 days. */
#define EXPERIMENT_FIXED_PINGS (20.0 * 30 * 24 * 12)
uint64_t experiment_nine_to_eleven(uint64_t seed);

struct fall_result {
    double without_proof; /* rounds of the day after that found an instance dead of idleness */
    double until_proven;  /* of these, those before the first with proof */
};
struct fall_result experiment_fall(uint64_t seed);

#define EXPERIMENT_BUDGET_USD 0.08 /* a month */
struct budget_result {
    double over_usd;   /* by AWS's bill, in the worst month */
    double least_used; /* share of the budget */
};
/* TELLS_BILLED: the answers have a log tail with what AWS bills; else it is estimated. */
struct budget_result experiment_budget(uint64_t seed, bool tells_billed);

/* Requests in the 10 min after each throttle was met, of two endpoints of one function; or from its begin on,
 * with those of the round that met it. */
struct throttle_result {
    uint64_t guarded, ignored;
    uint64_t guarded_with_first, ignored_with_first;
};
/* At a fixed INTERVAL_US; 0: the learned one. */
struct throttle_result experiment_throttle(uint64_t seed, uint64_t interval_us);

#endif
