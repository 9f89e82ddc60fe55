#include "telemetry/metrics.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <inttypes.h>
#include <string.h>

/* Digits after the point: of what is counted in millionths, and in nanoseconds. */
enum { MICRO = 6, NANO = 9 };

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
        print_count(file, name, of, "result", round_result_name(result), of->rounds[result]);
}

static void print_requests(FILE *file, const char *name, const struct endpoint_metrics *of)
{
    print_count(file, name, of, "result", "ok", of->ok);
    print_count(file, name, of, "result", "failed", of->failed);
    print_count(file, name, of, "result", "throttled", of->throttled);
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
    if (of->cold_known)
        print_count(file, name, of, NULL, NULL, of->cold);
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
    if (of->cost_known)
        print_dollars(file, name, of, of->cost_usd);
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

int metrics_write(const struct metrics *metrics, const char *path, struct error *error)
{
    struct replacement replacement;
    size_t position = 0;
    int result = replacement_begin(&replacement, path, METRICS_MODE);
    if (result == 0) {
        while (metrics_print(replacement.file, metrics, &position))
            ;
        result = replacement_commit(&replacement);
    }
    return result == 0 ? 0 : error_set(error, result, "cannot write %s: %s", path, strerror(-result));
}
