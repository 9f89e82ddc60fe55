/* Metrics: what each endpoint's rounds have added up to since the process began, as a file in the Prometheus
 * text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). */
#ifndef WARMD_TELEMETRY_METRICS_H
#define WARMD_TELEMETRY_METRICS_H

#include "decide/condition.h"
#include "telemetry/summary.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    METRICS_BUCKETS = 15,
    METRICS_PART = 32,   /* endpoints whose metric metrics_print prints at a time */
    METRICS_MODE = 0644, /* for whoever collects them */
};

/* What an endpoint's rounds have added up to since the process began, or since it calls what it calls.
 * Zero-initialised: there were none. */
struct counts {
    struct round_sums sums;
    uint64_t buckets[METRICS_BUCKETS]; /* expected answers by duration, each counted in one bucket; longer
                                          ones in none */
    uint64_t durations, durations_ns;  /* how many there were, and their sum */
    /* of the last round; last_real_us 0: there was none */
    uint32_t warm;
    uint64_t skew_us, last_real_us;
};

/* Adds ROUND, which ended at NOW_REAL_US (CLOCK_REALTIME). */
void counts_add(struct counts *counts, const struct round *round, uint64_t now_real_us);

/* What is printed of an endpoint. */
struct metrics_row {
    const char *name;
    /* in force now */
    uint32_t target;
    uint64_t interval_us, hold_us;
    enum condition condition;
    const struct counts *counts;
};

struct metrics {
    size_t n; /* endpoints */
    struct metrics_row (*row)(size_t i, const void *context);
    const void *context;
    bool reloaded; /* the configuration that was read last is in force */
};

/* Prints the next part: METRICS_PART lines or blocks of lines from *POSITION on, which is 0 at first. False:
 * that was the last part. A counter that no answer has fed yet (cold starts, costs) is left out instead of
 * claiming 0, and so are gauges of the last round if there was none. */
bool metrics_print(FILE *file, const struct metrics *metrics, size_t *position);

/* The upper bounds of the buckets: in nanoseconds, and in seconds as their label has them. */
struct metrics_bound {
    uint64_t ns;
    const char *label;
};
extern const struct metrics_bound metrics_bounds[METRICS_BUCKETS];

#endif
