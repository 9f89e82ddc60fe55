/* What will be sent, as the JSON of `plan`. */
#ifndef WARMD_TELEMETRY_PLAN_JSON_H
#define WARMD_TELEMETRY_PLAN_JSON_H

#include "decide/advice.h"

enum { FORECAST_ROUNDS = 3 };

/* One enabled endpoint's future. */
struct forecast {
    const struct endpoint *endpoint;
    struct cost_month month;
    char advice[ADVICE_MAX];
    uint64_t next_us[FORECAST_ROUNDS]; /* CLOCK_REALTIME */
    size_t n_next;                     /* fewer if it rests for good */
};

/* A new string, NULL: no memory. `warm` is the most that is ever wanted. A cost is null if its prices aren't
 * known, and so is a total that includes it. */
char *plan_json(const struct forecast *forecasts, size_t n);

#endif
