/* Cost: what rounds cost, and what a month of them will. Pure; estimates, in USD. */
#ifndef WARMD_DECIDE_COST_H
#define WARMD_DECIDE_COST_H

#include "decide/prices.h"
#include "record/round.h"

#define COST_LEAST_US UINT64_C(1000)      /* Lambda bills whole milliseconds */
#define COST_INIT_US UINT64_C(1000000)    /* a cold start's initialisation, if nothing is known about it */
#define COST_LIFE_US UINT64_C(7200000000) /* an instance ends about then, however busy it is kept */

/* What one request to the endpoint's front costs besides the function: API Gateway's price for an execute-api
 * host (a REST API's, but an HTTP API's if the path names no stage, as a REST API's must), nothing for Invoke
 * or a function URL. Other hosts, perhaps a gateway's custom names, only cost what the configuration says. */
double cost_front_usd(const struct endpoint *endpoint, const struct prices *prices);

/* Fills in what ROUND, whose verdict is reached, has cost: each attempt's cost and their sum; and, to
 * compare, what an hour of provisioned concurrency for its target would cost. 0 and not known if prices are
 * PRICES_UNKNOWN. Call it once per round, with the prices of the plan that sent it: this figure
 * is reported, counted and held against the budget.
 *
 * It bills requests that reached the function or may have: answered ones, except throttled ones and AWS's own
 * refusals, and those released and then lost. Each costs the request, the front, and memory × time, the time
 * rounded up to a millisecond: what the log tail says is billed; else, for an instance that names itself and
 * so keeps to the hold, a millisecond more than the hold (plus its initialisation, if known); else, and for
 * cold ones, the latency, which is never less than the function's time. */
void cost_round(const struct endpoint *endpoint, const struct prices *prices, struct round *round);

/* The most that a round of WARM instances is expected to cost: all attempts, all of them cold, each with its
 * longest hold (verdict_longer_hold_us). HOLD_US is the first attempt's; SLOWEST_US is the longest latency
 * that the endpoint has shown (0: none yet). */
double cost_round_most_usd(const struct endpoint *endpoint, const struct prices *prices, uint32_t warm,
                           uint64_t hold_us, uint64_t slowest_us);

/* A month of 30 days, based on the week that begins now. */
struct cost_month {
    bool known; /* the USD are; not with PRICES_UNKNOWN */
    double requests;
    double usd;
    double provisioned_usd; /* provisioned concurrency for the same instances, on in the same windows */
    double busy_share;      /* of the time, in which users must keep the instances busy for provisioned
                               concurrency to cost no more, as its duration is cheaper; 0: never */
};

/* One volley per round, with the endpoint's hold; no round while it is resting, one at each opening of a
 * window; the interval is INTERVAL_US. Initialisations: each instance's at an opening, and its successor's
 * each COST_LIFE_US, of COST_INIT_US each. Whether instances outlive the interval isn't known; this assumes
 * that they do. */
struct cost_month cost_estimate_month(const struct endpoint *endpoint, const struct prices *prices,
                                      uint64_t interval_us, uint64_t now_real_us);

/* "$0.019", "$10.80", "$2160": as many digits as mean something. Returns BUFFER. */
enum { COST_TEXT_MAX = 24 };
const char *cost_format(double usd, char buffer[COST_TEXT_MAX]);

#endif
