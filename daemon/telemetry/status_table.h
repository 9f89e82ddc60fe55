/* A daemon's status for a person. */
#ifndef WARMD_TELEMETRY_STATUS_TABLE_H
#define WARMD_TELEMETRY_STATUS_TABLE_H

#include "telemetry/status_json.h"

/* A line about the daemon, one about a configuration that was rejected, a table of the endpoints that fits
 * the columns there are, and the sums. NOW_REAL_US is CLOCK_REALTIME; hours are in local time. */
void status_table_print(FILE *out, const struct status *status, uint64_t now_real_us);

#endif
