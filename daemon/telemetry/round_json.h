/* Rounds as the JSON of `once` and `probe`. */
#ifndef WARMD_TELEMETRY_ROUND_JSON_H
#define WARMD_TELEMETRY_ROUND_JSON_H

#include "record/round.h"

/* {"version":1,"rounds":[…]} as a new string, NULL: no memory. Durations in microseconds; release_us is
 * relative to the round's first release, first_byte_us and total_us to the request's own. `met` is what
 * round_is_met says. */
char *rounds_json(struct round *const *rounds, size_t n, bool distinct);

#endif
