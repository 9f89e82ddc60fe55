/* Spend: what an endpoint has cost in this month, and whether its budget has room for another round. Pure. */
#ifndef WARMD_DECIDE_SPEND_H
#define WARMD_DECIDE_SPEND_H

#include "plan/plan.h"

/* Zero-initialised: nothing spent yet. Kept over restarts. */
struct spend {
    int32_t month; /* in UTC, as AWS bills: year · 12 + month − 1 */
    double usd;    /* spent in it, estimated */
    bool stopped;  /* the budget has been reached, and that was reported */
    /* Another month: the one before, or one from a wrong clock. 0: none. */
    int32_t other_month;
    double other_usd;
};

/* Moves SPEND to the month of NOW_REAL_US (CLOCK_REALTIME). A later month begins with nothing spent, but both
 * months are remembered: a clock that goes forward and back again finds what was spent. Setting the clock
 * back to an unknown month gains nothing: in the month before, what was spent stays spent; if the clock must
 * have been wrong by more, the most known of any month counts in the one that it says now. */
void spend_turn(struct spend *spend, uint64_t now_real_us);

/* The clock was set from BEFORE_REAL_US to NOW_REAL_US. If that is by a day or more, and into another month,
 * it was wrong then or is now: the new month counts as having spent no less than the old one. */
void spend_clock_set(struct spend *spend, uint64_t before_real_us, uint64_t now_real_us);

/* Adds what a round has cost, in the month of NOW_REAL_US. */
void spend_add(struct spend *spend, uint64_t now_real_us, double usd);

/* May a round that costs at most NEXT_ROUND_USD (cost_round_most_usd) begin? Only if total spending stays
 * within the budget; without a budget, always. The caller, if refused, reports it once and sets `stopped`;
 * spend_turn clears it when a month begins. */
bool spend_allows(const struct endpoint *endpoint, const struct spend *spend, uint64_t now_real_us,
                  double next_round_usd);

#endif
