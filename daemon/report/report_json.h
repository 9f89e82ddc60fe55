/* A report for programs. */
#ifndef WARMD_REPORT_REPORT_JSON_H
#define WARMD_REPORT_REPORT_JSON_H

#include "report/report.h"

#include <stdio.h>

/* Prints a finished REPORT as one line of JSON. 0, -ENOMEM, or -errno of writing.
 *
 *   version                 1
 *   since, until            the period, in UTC ("2026-11-01T00:00:00Z")
 *   unusable_entries        entries of the journal that say too little to be counted
 *   endpoints               in the order of their names; of each:
 *   name
 *   rounds                  all of them; met, short and failed add up to it
 *   requests, ok, throttled sent; answered as expected; answered with 429
 *   cold, distinct          cold starts and instances, summed over rounds; null: no answer said
 *   target                  of the last round
 *   warm_mean, wanted_mean  instances found warm, and targets: means over rounds; null: no round
 *   warm_percent            of the time in which it should have been warm; null: none is known
 *   gaps                    {"count", "longest": {"since", "seconds", "cause"}, or null}: times in which it
 * wasn't warm_s, gap_s, resting_s, elsewhere_s, unknown_s  seconds in each state skew_us {"p50", "p99",
 * "max"} over rounds, of the time from the first to the last release latency_us              {"p50": the
 * median of the rounds' medians, "p99": the 99th percentile of the rounds' 99th percentiles, "max": of all
 * answers}, from the release to the last byte cost_usd, month_usd     requests' cost in the period, and in 30
 * days at its rate; null: not known provisioned_usd_per_month  of provisioned concurrency for the same
 * targets; null: not known
 *
 * Percentiles are by nearest rank; they and the maxima are null where no round has a value. */
int report_json_print(const struct report *report, FILE *out);

#endif
