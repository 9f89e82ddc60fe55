/* What people read: rounds, one round of `probe`, a daemon's status. */
#ifndef WARMD_TELEMETRY_VIEWS_H
#define WARMD_TELEMETRY_VIEWS_H

#include "record/round.h"
#include "telemetry/status_json.h"

/* Prints a line of headings, a line for each round, and the details of the causes of failed ones, in WIDTH
 * columns. With DISTINCT, a round that isn't proven doesn't count as met. */
void round_table_print(FILE *out, struct round *const *rounds, size_t n, bool distinct, size_t width);

/* Prints what `probe` says about one round: how many instances, how many cold, the latency split. */
void round_probe_print(FILE *out, const struct round *round, const char *target);

/* Prints a line about the daemon, one about a configuration that was rejected, a table of the endpoints that
 * fits the columns there are, and the sums. NOW_REAL_US is CLOCK_REALTIME; hours are in local time. */
void status_table_print(FILE *out, const struct status *status, uint64_t now_real_us);

#endif
