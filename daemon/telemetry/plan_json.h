/* What will be sent, as the JSON of `plan`. */
#ifndef WARMD_TELEMETRY_PLAN_JSON_H
#define WARMD_TELEMETRY_PLAN_JSON_H

#include "plan/plan.h"

enum { FORECAST_ROUNDS = 3 };

/* One enabled endpoint's future. */
struct forecast {
    const struct endpoint *endpoint;
    double requests_per_month;
    uint64_t next_us[FORECAST_ROUNDS]; /* CLOCK_REALTIME */
};

/* A new string, NULL: no memory. Costs and advice are null: this version doesn't estimate them. */
char *plan_json(const struct forecast *forecasts, size_t n);

#endif
