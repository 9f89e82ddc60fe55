#include "report/report_json.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "report/sums.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

static json_t *number_or_null(bool known, uint64_t number)
{
    return known ? json_integer((json_int_t)number) : json_null();
}

/* Rounded to a part in SCALE: further digits say nothing. */
static json_t *real_or_null(bool known, double number, double scale)
{
    return known ? json_real(round(number * scale) / scale) : json_null();
}

static json_t *usd_json(double usd)
{
    return real_or_null(usd >= 0, usd, 1e6);
}

static json_t *time_json(uint64_t at_us)
{
    char text[TIMESTAMP_TEXT_MAX];
    return json_string(timestamp_format(at_us, text));
}

/* In whole milliseconds. */
static json_t *seconds_json(uint64_t duration_us)
{
    return real_or_null(true, (double)duration_us / (double)US_PER_S, 1e3);
}

static json_t *percentiles_json(const struct values *p50_us, const struct values *p99_us, bool max_known,
                                uint64_t max_us)
{
    return json_pack("{s:o, s:o, s:o}", "p50", number_or_null(p50_us->n, values_percentile(p50_us, 50)),
                     "p99", number_or_null(p99_us->n, values_percentile(p99_us, 99)), "max",
                     number_or_null(max_known, max_us));
}

/* A cause is printable, but may have been cut within a character. */
static json_t *text_json(const char *text)
{
    json_t *string = json_string(text);
    CLEANUP_FREE char *escaped = string ? NULL : text_escape(text, GAP_CAUSE_MAX);
    return string ? string : json_string(escaped ? escaped : "");
}

static json_t *gaps_json(const struct timeline *timeline)
{
    const struct gap *longest = &timeline->longest;
    json_t *gap = timeline->n_gaps ? json_pack("{s:o, s:o, s:o}", "since", time_json(longest->from_us),
                                               "seconds", seconds_json(longest->to_us - longest->from_us),
                                               "cause", text_json(longest->cause))
                                   : json_null();
    return json_pack("{s:I, s:o}", "count", (json_int_t)timeline->n_gaps, "longest", gap);
}

/* Share of the time as a percentage; rounded down, so that 100 is all of it. */
static json_t *percent_json(double share)
{
    return share < 0 ? json_null() : json_real(floor(share * 1e5 + 1e-7) / 1e3);
}

static void set_states(json_t *json, const struct timeline *timeline)
{
    static const char *const names[SPAN_STATES] = {[SPAN_UNKNOWN] = "unknown_s",
                                                   [SPAN_WARM] = "warm_s",
                                                   [SPAN_GAP] = "gap_s",
                                                   [SPAN_RESTING] = "resting_s",
                                                   [SPAN_ELSEWHERE] = "elsewhere_s"};
    for (int state = 0; state < SPAN_STATES; state++)
        json_object_set_new(json, names[state], seconds_json(timeline->lasted_us[state]));
}

static json_t *counts_json(const struct report_endpoint *endpoint)
{
    uint64_t rounds = endpoint_rounds(endpoint);
    double n = rounds ? (double)rounds : 1;
    return json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:o, s:o}", "name", endpoint->name, "rounds",
        (json_int_t)rounds, "met", (json_int_t)endpoint->rounds[ROUND_MET], "short",
        (json_int_t)endpoint->rounds[ROUND_SHORT], "failed", (json_int_t)endpoint->rounds[ROUND_FAILED],
        "requests", (json_int_t)endpoint->requests, "ok", (json_int_t)endpoint->ok, "throttled",
        (json_int_t)endpoint->throttled, "cold", number_or_null(endpoint->cold_known, endpoint->cold),
        "distinct", number_or_null(endpoint->distinct_known, endpoint->distinct), "target",
        (json_int_t)endpoint->target, "warm_mean", real_or_null(rounds, (double)endpoint->warm / n, 1e3),
        "wanted_mean", real_or_null(rounds, (double)endpoint->wanted / n, 1e3));
}

static json_t *endpoint_json(const struct report_endpoint *endpoint)
{
    const struct values *skew_us = &endpoint->skew_us;
    json_t *json = counts_json(endpoint);
    json_object_set_new(json, "warm_percent", percent_json(endpoint_warm_share(endpoint)));
    json_object_set_new(json, "gaps", gaps_json(&endpoint->timeline));
    set_states(json, &endpoint->timeline);
    json_object_set_new(
        json, "skew_us",
        percentiles_json(skew_us, skew_us, skew_us->n, skew_us->n ? skew_us->data[skew_us->n - 1] : 0));
    json_object_set_new(
        json, "latency_us",
        percentiles_json(&endpoint->p50_us, &endpoint->p99_us, endpoint->max_us, endpoint->max_us));
    json_object_set_new(json, "cost_usd", usd_json(endpoint_usd(endpoint)));
    json_object_set_new(json, "month_usd", usd_json(endpoint_month_usd(endpoint)));
    json_object_set_new(json, "provisioned_usd_per_month",
                        usd_json(endpoint_provisioned_month_usd(endpoint)));
    return json;
}

int report_json_print(const struct report *report, FILE *out)
{
    json_t *endpoints = json_array();
    for (size_t i = 0; i < report->n_endpoints; i++)
        json_array_append_new(endpoints, endpoint_json(report->endpoints[i]));
    json_t *root = json_pack("{s:i, s:o, s:o, s:I, s:o}", "version", 1, "since", time_json(report->since_us),
                             "until", time_json(report->until_us), "unusable_entries",
                             (json_int_t)report->n_unusable, "endpoints", endpoints);
    CLEANUP_FREE char *text = root ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
    json_decref(root);
    if (!text)
        return -ENOMEM;
    errno = 0;
    if (fprintf(out, "%s\n", text) < 0 || fflush(out) != 0)
        return errno ? -errno : -EIO;
    return 0;
}
