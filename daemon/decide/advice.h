/* Advice: what would be the better buy, going only by the plan. Pure. */
#ifndef WARMD_DECIDE_ADVICE_H
#define WARMD_DECIDE_ADVICE_H

#include "decide/cost.h"

enum { ADVICE_MAX = 640 };

/* What `plan` says about an endpoint in a few sentences: where provisioned concurrency, SnapStart or nothing
 * at all is a better buy than MONTH, which was estimated at INTERVAL_US and NOW_REAL_US, and what in the
 * configuration wastes money or breaks the promise. Traffic isn't known, so it claims nothing that depends on
 * it. Returns BUFFER. */
const char *advice(const struct endpoint *endpoint, const struct prices *prices,
                   const struct cost_month *month, uint64_t interval_us, uint64_t now_real_us,
                   char buffer[ADVICE_MAX]);

/* What is wrong with ENDPOINT's budget: that it has no room for its smallest, or for its largest round, so
 * that these never begin. Returns BUFFER, empty where nothing is wrong or prices are not known. */
const char *advice_budget(const struct endpoint *endpoint, const struct prices *prices,
                          char buffer[ADVICE_MAX]);

#endif
