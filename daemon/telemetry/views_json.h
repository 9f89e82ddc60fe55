/* What `once`, `probe` and `plan` print with --json. Each returns a new string, NULL: no memory. */
#ifndef WARMD_TELEMETRY_VIEWS_JSON_H
#define WARMD_TELEMETRY_VIEWS_JSON_H

#include "decide/advice.h"
#include "record/round.h"

/* {"version":1,"rounds":[…]}. Durations in microseconds; release_us is relative to the round's first release,
 * first_byte_us and total_us to the request's own. `met` is what round_is_met says. */
char *rounds_json(struct round *const *rounds, size_t n, bool distinct);

enum { FORECAST_ROUNDS = 3 };

/* One enabled endpoint's future. */
struct forecast {
    const struct endpoint *endpoint;
    struct cost_month month;
    char advice[ADVICE_MAX];
    uint64_t next_us[FORECAST_ROUNDS]; /* CLOCK_REALTIME */
    size_t n_next;                     /* fewer if it rests for good */
};

/* `warm` is the most that is ever wanted. A cost is null if its prices aren't known, and so is a total that
 * includes it. */
char *plan_json(const struct forecast *forecasts, size_t n);

#endif
