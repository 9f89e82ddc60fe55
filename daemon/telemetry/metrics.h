/* Metrics: what each endpoint's rounds have added up to since the process began, as a file in the Prometheus
 * text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). */
#ifndef WARMD_TELEMETRY_METRICS_H
#define WARMD_TELEMETRY_METRICS_H

#include "base/names.h"
#include "decide/condition.h"
#include "plan/plan.h"
#include "record/round.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    METRICS_BUCKETS = 15,
    METRICS_PART = 32,   /* endpoints whose metric metrics_print prints at a time */
    METRICS_MODE = 0644, /* for whoever collects them */
};

/* Zero-initialised is empty; the last reload counts as failed then. */
struct metrics {
    struct endpoint_metrics *endpoints; /* what is counted for each */
    size_t n;
    struct names names; /* where each endpoint is */
    bool reloaded;
};

/* Starts counting for ENDPOINT, unless it is counted already. -ENOMEM. */
int metrics_add(struct metrics *metrics, const char *endpoint);
/* Starts ENDPOINT's counts again from zero: from now on it calls something else. */
void metrics_begin_anew(struct metrics *metrics, const char *endpoint);
/* Forgets endpoints that PLAN doesn't have or has disabled. */
void metrics_forget(struct metrics *metrics, const struct plan *plan);

/* Sets what is in force for ENDPOINT now. Here and below, an endpoint that wasn't added is ignored. */
void metrics_set_target(struct metrics *metrics, const char *endpoint, uint32_t target, uint64_t interval_us,
                        uint64_t hold_us);
/* Sets its present condition. */
void metrics_set_condition(struct metrics *metrics, const char *endpoint, enum condition condition);
/* Adds ROUND, which ended at NOW_REAL_US (CLOCK_REALTIME). */
void metrics_note_round(struct metrics *metrics, const struct round *round, uint64_t now_real_us);
/* Sets whether the configuration that was read last is in force. */
void metrics_set_reload(struct metrics *metrics, bool successful);

/* Prints the next part: METRICS_PART lines or blocks of lines from *POSITION on, which is 0 at first. False:
 * that was the last part. A counter that no answer has fed yet (cold starts, costs) is left out instead of
 * claiming 0, and so are gauges of the last round if there was none. */
bool metrics_print(FILE *file, const struct metrics *metrics, size_t *position);
void metrics_free(struct metrics *metrics);

/* The upper bounds of the buckets: in nanoseconds, and in seconds as their label has them. */
struct metrics_bound {
    uint64_t ns;
    const char *label;
};
extern const struct metrics_bound metrics_bounds[METRICS_BUCKETS];

#endif
