#include "telemetry/metrics.h"

#include "base/cleanup.h"
#include "telemetry/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)

/* Digits after the point: of what is counted in millionths, and in nanoseconds. */
enum { MICRO = 6, NANO = 9 };

struct endpoint_metrics {
    char *name;
    /* in force now */
    uint32_t target;
    uint64_t interval_us, hold_us;
    bool condition_known;
    enum condition condition;
    struct round_sums sums;
    uint64_t buckets[METRICS_BUCKETS]; /* expected answers by duration, each counted in one bucket; longer
                                          ones in none */
    uint64_t durations;                /* how many there were, and their sum */
    uint64_t durations_ns;
    /* of the last round; last_real_us 0: there was none */
    uint32_t warm; /* distinct where proven, else answered as expected */
    uint64_t skew_us;
    uint64_t last_real_us;
};

/* 1, 2.5 and 5 of each decade; and 75 ms, the customary hold, below which no handler that honours it answers.
 */
const struct metrics_bound metrics_bounds[METRICS_BUCKETS] = {
    {1 * MS, "0.001"},  {2500000, "0.0025"}, {5 * MS, "0.005"},  {10 * MS, "0.01"},    {25 * MS, "0.025"},
    {50 * MS, "0.05"},  {75 * MS, "0.075"},  {100 * MS, "0.1"},  {250 * MS, "0.25"},   {500 * MS, "0.5"},
    {1000 * MS, "1.0"}, {2500 * MS, "2.5"},  {5000 * MS, "5.0"}, {10000 * MS, "10.0"}, {30000 * MS, "30.0"},
};

static struct endpoint_metrics *find(const struct metrics *metrics, const char *endpoint)
{
    size_t place = names_find(&metrics->names, endpoint);
    return place == NAMES_NONE ? NULL : &metrics->endpoints[place];
}

int metrics_add(struct metrics *metrics, const char *endpoint)
{
    if (find(metrics, endpoint))
        return 0;
    char *name = strdup(endpoint);
    struct endpoint_metrics *longer =
        name ? reallocarray(metrics->endpoints, metrics->n + 1, sizeof *longer) : NULL;
    if (longer)
        metrics->endpoints = longer;
    if (!longer || names_put(&metrics->names, name, metrics->n) < 0) {
        free(name);
        return -ENOMEM;
    }
    longer[metrics->n++] = (struct endpoint_metrics){.name = name};
    return 0;
}

void metrics_begin_anew(struct metrics *metrics, const char *endpoint)
{
    struct endpoint_metrics *of = find(metrics, endpoint);
    if (of)
        *of = (struct endpoint_metrics){.name = of->name};
}

static bool is_enabled(const struct plan *plan, const char *name)
{
    const struct endpoint *endpoint = plan_find(plan, name);
    return endpoint && endpoint->enabled;
}

void metrics_forget(struct metrics *metrics, const struct plan *plan)
{
    size_t kept = 0;
    for (size_t i = 0; i < metrics->n; i++) {
        struct endpoint_metrics *of = &metrics->endpoints[i];
        if (is_enabled(plan, of->name)) {
            names_put(&metrics->names, of->name, kept); /* the name is known, so this can't fail */
            metrics->endpoints[kept++] = *of;
            continue;
        }
        names_drop(&metrics->names, of->name);
        free(of->name);
    }
    metrics->n = kept;
}

void metrics_set_target(struct metrics *metrics, const char *endpoint, uint32_t target, uint64_t interval_us,
                        uint64_t hold_us)
{
    struct endpoint_metrics *of = find(metrics, endpoint);
    if (!of)
        return;
    of->target = target;
    of->interval_us = interval_us;
    of->hold_us = hold_us;
}

void metrics_set_condition(struct metrics *metrics, const char *endpoint, enum condition condition)
{
    struct endpoint_metrics *of = find(metrics, endpoint);
    if (!of)
        return;
    of->condition_known = true;
    of->condition = condition;
}

static void note_duration(struct endpoint_metrics *of, const struct sample *sample)
{
    uint64_t ns = sample->end_ns - sample->release_ns;
    size_t i = 0;
    while (i < METRICS_BUCKETS && ns > metrics_bounds[i].ns)
        i++;
    if (i < METRICS_BUCKETS)
        of->buckets[i]++;
    of->durations++;
    of->durations_ns += ns;
}

void metrics_note_round(struct metrics *metrics, const struct round *round, uint64_t now_real_us)
{
    struct endpoint_metrics *of = find(metrics, round->endpoint);
    if (!of)
        return;
    round_sums_add(&of->sums, round);
    for (size_t i = 0; i < round->n_samples; i++)
        if (round->samples[i].outcome == OUTCOME_OK)
            note_duration(of, &round->samples[i]);
    of->warm = round->warm;
    of->skew_us = round->skew_us;
    of->last_real_us = now_real_us;
}

void metrics_set_reload(struct metrics *metrics, bool successful)
{
    metrics->reloaded = successful;
}

void metrics_free(struct metrics *metrics)
{
    names_free(&metrics->names);
    for (size_t i = 0; i < metrics->n; i++)
        free(metrics->endpoints[i].name);
    free(metrics->endpoints);
    *metrics = (struct metrics){0};
}

/* A metric that each endpoint has. */
struct family {
    const char *name; /* without the prefix that all names share */
    const char *type, *help;
    void (*print)(FILE *file, const char *name, const struct endpoint_metrics *of);
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
    fprintf(file, "%s=\"", name);
    for (; *value; value++) {
        if (*value == '\n') {
            fputs("\\n", file);
            continue;
        }
        if (*value == '"' || *value == '\\')
            putc('\\', file);
        putc(*value, file);
    }
    putc('"', file);
}

/* NAME{endpoint="…",LABEL="VALUE"} and a space; without LABEL if that is NULL. */
static void print_series(FILE *file, const char *name, const struct endpoint_metrics *of, const char *label,
                         const char *value)
{
    fprintf(file, "lambda_warmd_%s{", name);
    print_label(file, "endpoint", of->name);
    if (label && value) {
        putc(',', file);
        print_label(file, label, value);
    }
    fputs("} ", file);
}

static void print_amount(FILE *file, const char *name, const struct endpoint_metrics *of, uint64_t value,
                         int digits)
{
    print_series(file, name, of, NULL, NULL);
    print_decimal(file, value, digits);
}

static void print_count(FILE *file, const char *name, const struct endpoint_metrics *of, const char *label,
                        const char *value, uint64_t count)
{
    print_series(file, name, of, label, value);
    fprintf(file, "%" PRIu64 "\n", count);
}

static void print_rounds(FILE *file, const char *name, const struct endpoint_metrics *of)
{
    for (enum round_result result = ROUND_FAILED; result <= ROUND_MET; result++)
        print_count(file, name, of, "result", round_result_names[result], of->sums.rounds[result]);
}

static void print_requests(FILE *file, const char *name, const struct endpoint_metrics *of)
{
    print_count(file, name, of, "result", "ok", of->sums.ok);
    print_count(file, name, of, "result", "failed", of->sums.failed);
    print_count(file, name, of, "result", "throttled", of->sums.throttled);
}

static void print_target(FILE *file, const char *name, const struct endpoint_metrics *of)
{
    print_count(file, name, of, NULL, NULL, of->target);
}

static void print_warm(FILE *file, const char *name, const struct endpoint_metrics *of)
{
    if (of->last_real_us)
        print_count(file, name, of, NULL, NULL, of->warm);
}

static void print_cold(FILE *file, const char *name, const struct endpoint_metrics *of)
{
    if (of->sums.cold_known)
        print_count(file, name, of, NULL, NULL, of->sums.cold);
}

static void print_skew(FILE *file, const char *name, const struct endpoint_metrics *of)
{
    if (of->last_real_us)
        print_amount(file, name, of, of->skew_us, MICRO);
}

/* Buckets are cumulative in the format: each counts all that took as long or less. */
static void print_durations(FILE *file, const char *name, const struct endpoint_metrics *of)
{
    char part[64];
    uint64_t so_far = 0;
    snprintf(part, sizeof part, "%s_bucket", name);
    for (size_t i = 0; i < METRICS_BUCKETS; i++)
        print_count(file, part, of, "le", metrics_bounds[i].label, so_far += of->buckets[i]);
    print_count(file, part, of, "le", "+Inf", of->durations);
    snprintf(part, sizeof part, "%s_sum", name);
    print_amount(file, part, of, of->durations_ns, NANO);
    snprintf(part, sizeof part, "%s_count", name);
    print_count(file, part, of, NULL, NULL, of->durations);
}

/* With nine digits after the point, or fewer, but at least six, if the last ones are zeros. */
static void print_dollars(FILE *file, const char *name, const struct endpoint_metrics *of, double usd)
{
    char text[64];
    int length = snprintf(text, sizeof text, "%.*f", NANO, usd);
    for (int zeros = 0; zeros < NANO - MICRO && text[length - 1] == '0'; zeros++)
        text[--length] = '\0';
    print_series(file, name, of, NULL, NULL);
    fprintf(file, "%s\n", text);
}

static void print_cost(FILE *file, const char *name, const struct endpoint_metrics *of)
{
    if (of->sums.cost_known)
        print_dollars(file, name, of, of->sums.cost_usd);
}

static void print_interval(FILE *file, const char *name, const struct endpoint_metrics *of)
{
    print_amount(file, name, of, of->interval_us, MICRO);
}

static void print_hold(FILE *file, const char *name, const struct endpoint_metrics *of)
{
    print_amount(file, name, of, of->hold_us, MICRO);
}

static void print_last(FILE *file, const char *name, const struct endpoint_metrics *of)
{
    if (of->last_real_us)
        print_amount(file, name, of, of->last_real_us, MICRO);
}

/* Only the state that it is in: with the others, each endpoint would have seven lines. */
static void print_state(FILE *file, const char *name, const struct endpoint_metrics *of)
{
    if (of->condition_known)
        print_count(file, name, of, "state", condition_name(of->condition), 1);
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
        if (metrics->endpoints[i].condition_known)
            counts[metrics->endpoints[i].condition]++;
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
        if (at == 0)
            print_head(file, family->name, family->type, family->help);
        else
            family->print(file, family->name, &metrics->endpoints[at - 1]);
    }
    if (*position < end)
        return true;
    print_rest(file, metrics);
    return false;
}
