/* Spend: what an endpoint has cost in this month, and whether its budget has room for another round. Pure. */
#ifndef WARMD_DECIDE_SPEND_H
#define WARMD_DECIDE_SPEND_H

#include "plan/plan.h"

/* Zero-initialised: nothing spent yet. Kept over restarts. */
struct spend {
    int32_t month; /* in UTC, as AWS bills: year · 12 + month − 1 */
    double usd;    /* spent in it, estimated */
    bool stopped;  /* the budget has been reached, and that was said */
    /* Another month: the one before, or one that a wrong clock has said. 0: none. */
    int32_t other_month;
    double other_usd;
};

/* Brings SPEND to the month of NOW_REAL_US (CLOCK_REALTIME). A later month than its own begins with nothing
 * spent, but both months are remembered: a clock that goes forward and back again finds what was spent. A
 * clock that is set back into a month that isn't known gains nothing: what was spent stays spent, in the
 * month before as well, and where the clock must have been wrong by more, in the month that it says now,
 * which is the most that is known of any. */
void spend_turn(struct spend *spend, uint64_t now_real_us);

/* The clock was set from BEFORE_REAL_US to NOW_REAL_US. If that is by a day or more, and into another month,
 * it was wrong then or is now: no less is spent in the one month than in the other. */
void spend_clock_set(struct spend *spend, uint64_t before_real_us, uint64_t now_real_us);

/* Adds what a round has cost, in the month of NOW_REAL_US. */
void spend_add(struct spend *spend, uint64_t now_real_us, double usd);

/* May a round begin that costs NEXT_ROUND_USD at most (cost_round_most_usd)? Only if all that is spent stays
 * within the budget then; without a budget, always. Whoever is refused says so once, and sets `stopped`;
 * spend_turn takes it back when a month begins. */
bool spend_allows(const struct endpoint *endpoint, const struct spend *spend, uint64_t now_real_us,
                  double next_round_usd);

#endif
