#include "telemetry/tell_round.h"

#include "base/clock.h"
#include "telemetry/journal.h"

#include <inttypes.h>

/* Milliseconds with as many digits as they deserve: 0.8, 12.3, 112. */
static void add_ms(struct text *text, uint64_t duration_us)
{
    double ms = (double)duration_us / (double)US_PER_MS;
    text_format(text, ms < 0.095 ? "%.2f ms" : ms < 99.95 ? "%.1f ms" : "%.0f ms", ms);
}

char *round_causes_text(const struct round *round)
{
    struct text text = {0};
    char name[CAUSE_NAME_MAX];
    for (size_t i = 0; i < round->n_causes; i++)
        text_format(&text, "%s%" PRIu32 " %s", i ? ", " : "", round->causes[i].n,
                    cause_name(round->causes[i].cause, round->causes[i].status, name));
    return text_take(&text);
}

char *round_first_detail(const struct round *round)
{
    for (size_t i = 0; i < round->n_samples; i++)
        if (round->samples[i].outcome != OUTCOME_OK && round->samples[i].detail)
            return text_escape(round->samples[i].detail, SAMPLE_REASON_MAX);
    return NULL;
}

char *round_unnamed_text(const struct round *round)
{
    const char *why = round->distinct_known ? NULL : round_unnamed(round);
    return why ? text_escape(why, SAMPLE_REASON_MAX) : NULL;
}

static void add_failures(struct text *text, const struct round *round)
{
    CLEANUP_FREE char *causes = round_causes_text(round);
    CLEANUP_FREE char *detail = round_first_detail(round);
    if (causes && *causes)
        text_format(text, "; %s%s%s", causes, detail ? ": " : "", detail ? detail : "");
}

char *round_sentence(const struct round *round)
{
    struct text text = {0};
    uint32_t warm = round_warm(round);
    CLEANUP_FREE char *why_unnamed = round_unnamed_text(round);
    text_format(&text, "%s: %" PRIu32 "/%" PRIu32 " warm (", round->endpoint, warm, round->target);
    if (round->distinct_known)
        text_format(&text, "%" PRIu32 " distinct", round->distinct);
    else
        text_add(&text, round->ok ? "distinct instances unproven" : "none answered as expected");
    if (why_unnamed)
        text_format(&text, ": an answer %s", why_unnamed);
    if (round->cold_known)
        text_format(&text, ", %" PRIu32 " cold", round->cold);
    text_add(&text, ")");
    if (round->ok) {
        text_add(&text, ", skew ");
        add_ms(&text, round_best(round)->skew_us);
        text_add(&text, ", p99 ");
        add_ms(&text, round->p99_us);
    }
    if (round->n_attempts > 1)
        text_format(&text, ", %" PRIu32 " attempts", round->n_attempts);
    add_failures(&text, round);
    if (round->former)
        text_add(&text, "; this was the target before the reload");
    return text_take(&text);
}

static void add_figures(struct event *event, const struct round *round)
{
    const struct attempt *best = round_best(round), *last = round_last(round);
    CLEANUP_FREE char *version = round->version ? text_escape(round->version, INSTANCE_ID_MAX) : NULL;
    event_field(event, "WARM_TARGET=%" PRIu32, round->target);
    event_field(event, "WARM_SENT=%" PRIu32, round->sent);
    event_field(event, "WARM_OK=%" PRIu32, round->ok);
    event_field(event, "WARM_FAILED=%" PRIu32, round->failed);
    event_field(event, "WARM_THROTTLED=%" PRIu32, round->throttled);
    if (round->distinct_known)
        event_field(event, "WARM_DISTINCT=%" PRIu32, round->distinct);
    if (round->cold_known)
        event_field(event, "WARM_COLD=%" PRIu32, round->cold);
    event_field(event, "WARM_PEAK=%" PRIu32, best->peak);
    event_field(event, "WARM_SKEW_USEC=%" PRIu64, best->skew_us);
    event_field(event, "WARM_CONNECT_USEC=%" PRIu64, best->connect_us);
    event_field(event, "WARM_P50_USEC=%" PRIu64, round->p50_us);
    event_field(event, "WARM_P99_USEC=%" PRIu64, round->p99_us);
    event_field(event, "WARM_MAX_USEC=%" PRIu64, round->max_us);
    event_field(event, "WARM_HOLD_USEC=%" PRIu64, last->hold_us);
    event_field(event, "WARM_ATTEMPTS=%" PRIu32, round->n_attempts);
    if (last->http_version != HTTP_VERSION_AUTO)
        event_field(event, "WARM_HTTP_VERSION=%s", http_version_name(last->http_version));
    event_field(event, "WARM_INTERVAL_USEC=%" PRIu64, round->interval_us);
    if (round->retained_known) {
        event_field(event, "WARM_RETAINED=%" PRIu32, round->retained);
        event_field(event, "WARM_DIED=%" PRIu32, round->died);
        event_field(event, "WARM_RETIRED=%" PRIu32, round->retired);
    }
    if (round->cost_known) {
        event_field(event, "WARM_COST_MICROUSD=%" PRIu64, round_cost_microusd(round));
        event_field(event, "WARM_COST_USD=%.9f", round->cost_usd);
    }
    if (version)
        event_field(event, "WARM_VERSION=%s", version);
}

static void tell_request(const struct round *round, const struct sample *sample)
{
    char cause[CAUSE_NAME_MAX];
    CLEANUP_FREE char *instance =
        text_escape(sample->instance ? sample->instance : "unnamed", INSTANCE_ID_MAX);
    struct event event = event_begin(EVENT_REQUEST, LOG_DEBUG);
    uint64_t total_us = sample_latency_us(sample);
    event_field(&event, "WARM_ENDPOINT=%s", round->endpoint);
    event_field(&event, "WARM_ROUND=%s", round->id);
    event_field(&event, "WARM_INDEX=%" PRIu32, sample->index);
    event_field(&event, "WARM_ATTEMPT=%" PRIu32, sample->attempt);
    event_field(&event, "WARM_STATUS=%d", sample->status);
    event_field(&event, "WARM_TOTAL_USEC=%" PRIu64, total_us);
    if (sample->instance && instance)
        event_field(&event, "WARM_INSTANCE=%s", instance);
    if (sample->outcome == OUTCOME_OK)
        event_send(&event, "%s: request %" PRIu32 ": %d from %s in %.1f ms", round->endpoint, sample->index,
                   sample->status, instance ? instance : "?", (double)total_us / (double)US_PER_MS);
    else
        event_send(&event, "%s: request %" PRIu32 ": %s", round->endpoint, sample->index,
                   cause_name(sample->cause, sample->status, cause));
}

void tell_round(const struct round *round, bool with_requests)
{
    static const int priorities[] = {
        [ROUND_MET] = LOG_INFO, [ROUND_SHORT] = LOG_WARNING, [ROUND_FAILED] = LOG_ERR};
    CLEANUP_FREE char *causes = round_causes_text(round);
    CLEANUP_FREE char *sentence = round_sentence(round);
    for (size_t i = 0; with_requests && i < round->n_samples; i++)
        tell_request(round, &round->samples[i]);
    struct event event = event_begin(EVENT_ROUND, priorities[round->result]);
    event_field(&event, "WARM_ENDPOINT=%s", round->endpoint);
    event_field(&event, "WARM_ROUND=%s", round->id);
    event_field(&event, "WARM_RESULT=%s", round_result_name(round->result));
    add_figures(&event, round);
    if (causes && *causes)
        event_field(&event, "WARM_ERRORS=%s", causes);
    if (round->former)
        event_field(&event, "WARM_FORMER=1");
    event_send(&event, "%s", sentence ? sentence : round->endpoint);
}

void tell_skipped(const char *endpoint, const char *why)
{
    struct event event = event_begin(EVENT_ROUND_SKIPPED, LOG_WARNING);
    event_field(&event, "WARM_ENDPOINT=%s", endpoint);
    event_send(&event, "%s: round skipped: %s", endpoint, why);
}
