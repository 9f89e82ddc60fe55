/* Rounds as a table for a person. */
#ifndef WARMD_TELEMETRY_ROUND_TABLE_H
#define WARMD_TELEMETRY_ROUND_TABLE_H

#include "record/round.h"

#include <stdio.h>

/* A line of headings, a line for each round, and what the failed ones add to their causes, in WIDTH columns.
 * With DISTINCT a round that isn't proven is no met one. */
void round_table_print(FILE *out, struct round *const *rounds, size_t n, bool distinct, size_t width);

/* What `probe` says of one round: how many instances, how many cold, the latency split. */
void round_probe_print(FILE *out, const struct round *round, const char *target);

#endif
