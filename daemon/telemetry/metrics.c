#include "telemetry/metrics.h"

#include "base/cleanup.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)

/* Digits after the point: of what is counted in millionths, and in nanoseconds. */
enum { MICRO = 6, NANO = 9 };

/* 1, 2.5 and 5 of each decade; and 75 ms, the customary hold, below which no handler that honours it answers.
 */
const struct metrics_bound metrics_bounds[METRICS_BUCKETS] = {
    {1 * MS, "0.001"},  {2500000, "0.0025"}, {5 * MS, "0.005"},  {10 * MS, "0.01"},    {25 * MS, "0.025"},
    {50 * MS, "0.05"},  {75 * MS, "0.075"},  {100 * MS, "0.1"},  {250 * MS, "0.25"},   {500 * MS, "0.5"},
    {1000 * MS, "1.0"}, {2500 * MS, "2.5"},  {5000 * MS, "5.0"}, {10000 * MS, "10.0"}, {30000 * MS, "30.0"},
};

static void add_duration(struct counts *counts, const struct sample *sample)
{
    uint64_t ns = sample->end_ns - sample->release_ns;
    size_t i = 0;
    while (i < METRICS_BUCKETS && ns > metrics_bounds[i].ns)
        i++;
    if (i < METRICS_BUCKETS)
        counts->buckets[i]++;
    counts->durations++;
    counts->durations_ns += ns;
}

void counts_add(struct counts *counts, const struct round *round, uint64_t now_real_us)
{
    round_sums_add(&counts->sums, round);
    for (size_t i = 0; i < round->n_samples; i++)
        if (round->samples[i].outcome == OUTCOME_OK)
            add_duration(counts, &round->samples[i]);
    counts->warm = round->warm;
    counts->skew_us = round->skew_us;
    counts->last_real_us = now_real_us;
}

/* A metric that each endpoint has. */
struct family {
    const char *name; /* without the prefix that all names share */
    const char *type, *help;
    void (*print)(FILE *file, const char *name, const struct metrics_row *row);
};

/* VALUE · 10^-DIGITS, exactly, in any locale and at any size. */
static void print_decimal(FILE *file, uint64_t value, int digits)
{
    uint64_t unit = 1;
    for (int i = 0; i < digits; i++)
        unit *= 10;
    fprintf(file, "%" PRIu64 ".%0*" PRIu64 "\n", value / unit, digits, value % unit);
}

static void print_label(FILE *file, const char *name, const char *value)
{
    fputs(name, file);
    fputs("=\"", file);
    for (size_t n; *value; value += n) {
        n = strcspn(value, "\"\\\n");
        fwrite(value, 1, n, file);
        if (value[n] != '\0') {
            putc('\\', file);
            putc(value[n] == '\n' ? 'n' : value[n], file);
            n++;
        }
    }
    putc('"', file);
}

/* NAME{endpoint="…",LABEL="VALUE"} and a space; without LABEL if that is NULL. */
static void print_series(FILE *file, const char *name, const struct metrics_row *row, const char *label,
                         const char *value)
{
    fputs("lambda_warmd_", file); /* not printf: there are hundreds of thousands of lines */
    fputs(name, file);
    putc('{', file);
    print_label(file, "endpoint", row->name);
    if (label && value) {
        putc(',', file);
        print_label(file, label, value);
    }
    fputs("} ", file);
}

static void print_amount(FILE *file, const char *name, const struct metrics_row *row, uint64_t value,
                         int digits)
{
    print_series(file, name, row, NULL, NULL);
    print_decimal(file, value, digits);
}

static void print_count(FILE *file, const char *name, const struct metrics_row *row, const char *label,
                        const char *value, uint64_t count)
{
    print_series(file, name, row, label, value);
    fprintf(file, "%" PRIu64 "\n", count);
}

static void print_rounds(FILE *file, const char *name, const struct metrics_row *row)
{
    for (enum round_result result = ROUND_FAILED; result <= ROUND_MET; result++)
        print_count(file, name, row, "result", round_result_names[result], row->counts->sums.rounds[result]);
}

static void print_requests(FILE *file, const char *name, const struct metrics_row *row)
{
    print_count(file, name, row, "result", "ok", row->counts->sums.ok);
    print_count(file, name, row, "result", "failed", row->counts->sums.failed);
    print_count(file, name, row, "result", "throttled", row->counts->sums.throttled);
}

static void print_target(FILE *file, const char *name, const struct metrics_row *row)
{
    print_count(file, name, row, NULL, NULL, row->target);
}

static void print_warm(FILE *file, const char *name, const struct metrics_row *row)
{
    if (row->counts->last_real_us)
        print_count(file, name, row, NULL, NULL, row->counts->warm);
}

static void print_cold(FILE *file, const char *name, const struct metrics_row *row)
{
    if (row->counts->sums.cold_known)
        print_count(file, name, row, NULL, NULL, row->counts->sums.cold);
}

static void print_skew(FILE *file, const char *name, const struct metrics_row *row)
{
    if (row->counts->last_real_us)
        print_amount(file, name, row, row->counts->skew_us, MICRO);
}

/* Buckets are cumulative in the format: each counts all that took as long or less. */
static void print_durations(FILE *file, const char *name, const struct metrics_row *row)
{
    char part[64];
    uint64_t so_far = 0;
    snprintf(part, sizeof part, "%s_bucket", name);
    for (size_t i = 0; i < METRICS_BUCKETS; i++)
        print_count(file, part, row, "le", metrics_bounds[i].label, so_far += row->counts->buckets[i]);
    print_count(file, part, row, "le", "+Inf", row->counts->durations);
    snprintf(part, sizeof part, "%s_sum", name);
    print_amount(file, part, row, row->counts->durations_ns, NANO);
    snprintf(part, sizeof part, "%s_count", name);
    print_count(file, part, row, NULL, NULL, row->counts->durations);
}

/* With nine digits after the point, or fewer, but at least six, if the last ones are zeros. */
static void print_dollars(FILE *file, const char *name, const struct metrics_row *row, double usd)
{
    char text[64];
    int length = snprintf(text, sizeof text, "%.*f", NANO, usd);
    for (int zeros = 0; zeros < NANO - MICRO && text[length - 1] == '0'; zeros++)
        text[--length] = '\0';
    print_series(file, name, row, NULL, NULL);
    fprintf(file, "%s\n", text);
}

static void print_cost(FILE *file, const char *name, const struct metrics_row *row)
{
    if (row->counts->sums.cost_known)
        print_dollars(file, name, row, row->counts->sums.cost_usd);
}

static void print_interval(FILE *file, const char *name, const struct metrics_row *row)
{
    print_amount(file, name, row, row->interval_us, MICRO);
}

static void print_hold(FILE *file, const char *name, const struct metrics_row *row)
{
    print_amount(file, name, row, row->hold_us, MICRO);
}

static void print_last(FILE *file, const char *name, const struct metrics_row *row)
{
    if (row->counts->last_real_us)
        print_amount(file, name, row, row->counts->last_real_us, MICRO);
}

/* Only the state that it is in: with the others, each endpoint would have seven lines. */
static void print_state(FILE *file, const char *name, const struct metrics_row *row)
{
    print_count(file, name, row, "state", condition_name(row->condition), 1);
}

static const struct family families[] = {
    {"rounds_total", "counter", "Rounds that have ended.", print_rounds},
    {"requests_total", "counter", "Requests of these rounds, over all attempts.", print_requests},
    {"warm_target", "gauge", "Instances that should be warm now.", print_target},
    {"warm_instances", "gauge",
     "Instances that the last round found warm: distinct ones where that is proven, else answers as "
     "expected.",
     print_warm},
    {"cold_starts_total", "counter", "Answers from new instances, where the answers say so.", print_cold},
    {"release_skew_seconds", "gauge", "From the first to the last release of the last round.", print_skew},
    {"request_duration_seconds", "histogram",
     "From the release of a request to the last byte of its answer, for expected answers.", print_durations},
    {"estimated_cost_usd_total", "counter", "Estimated cost of the rounds.", print_cost},
    {"interval_seconds", "gauge", "The interval in force, learned or configured.", print_interval},
    {"hold_seconds", "gauge", "The hold in force, learned or configured.", print_hold},
    {"last_round_timestamp_seconds", "gauge", "When the last round ended, as Unix time.", print_last},
    {"endpoint_state", "gauge", "Always 1; the label says how the endpoint is now.", print_state},
};

static void print_head(FILE *file, const char *name, const char *type, const char *help)
{
    fprintf(file, "# HELP lambda_warmd_%s %s\n# TYPE lambda_warmd_%s %s\n", name, help, name, type);
}

static void print_states(FILE *file, const struct metrics *metrics)
{
    size_t counts[CONDITIONS] = {0};
    for (size_t i = 0; i < metrics->n; i++)
        counts[metrics->row(i, metrics->context).condition]++;
    print_head(file, "endpoints", "gauge", "How many endpoints are in each state.");
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        fprintf(file, "lambda_warmd_endpoints{state=\"%s\"} %zu\n", condition_name(condition),
                counts[condition]);
}

static void print_rest(FILE *file, const struct metrics *metrics)
{
    print_states(file, metrics);
    print_head(file, "config_last_reload_successful", "gauge",
               "Whether the configuration that was read last is in force.");
    fprintf(file, "lambda_warmd_config_last_reload_successful %d\n", metrics->reloaded);
    print_head(file, "build_info", "gauge", "Always 1; the version is its label.");
    fputs("lambda_warmd_build_info{", file);
    print_label(file, "version", WARMD_VERSION);
    fputs("} 1\n", file);
}

/* *POSITION counts through the endpoints of each family, whose head takes one more place before them. */
bool metrics_print(FILE *file, const struct metrics *metrics, size_t *position)
{
    size_t of_family = 1 + metrics->n, end = COUNT_OF(families) * of_family;
    for (size_t i = 0; i < METRICS_PART && *position < end; i++, ++*position) {
        const struct family *family = &families[*position / of_family];
        size_t at = *position % of_family;
        if (at == 0) {
            print_head(file, family->name, family->type, family->help);
            continue;
        }
        struct metrics_row row = metrics->row(at - 1, metrics->context);
        family->print(file, family->name, &row);
    }
    if (*position < end)
        return true;
    print_rest(file, metrics);
    return false;
}
