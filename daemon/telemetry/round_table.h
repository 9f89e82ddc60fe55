/* Rounds as a table for a person. */
#ifndef WARMD_TELEMETRY_ROUND_TABLE_H
#define WARMD_TELEMETRY_ROUND_TABLE_H

#include "record/round.h"

#include <stdio.h>

/* Prints a line of headings, a line for each round, and the details of the causes of failed ones, in WIDTH
 * columns. With DISTINCT, a round that isn't proven doesn't count as met. */
void round_table_print(FILE *out, struct round *const *rounds, size_t n, bool distinct, size_t width);

/* Prints what `probe` says about one round: how many instances, how many cold, the latency split. */
void round_probe_print(FILE *out, const struct round *round, const char *target);

#endif
