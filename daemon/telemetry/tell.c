#include "telemetry/tell.h"

#include "base/clock.h"
#include "base/duration.h"
#include "decide/cost.h"
#include "telemetry/journal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

enum { VERSION_SHOWN_MAX = 64 };

static struct event begin(enum event_kind kind, int priority, const char *endpoint)
{
    struct event event = event_begin(kind, priority);
    event_field(&event, "WARM_ENDPOINT=%s", endpoint);
    return event;
}

/* Milliseconds with as many digits as they deserve: 0.8, 12.3, 112. */
static void add_ms(struct text *text, uint64_t duration_us)
{
    double ms = (double)duration_us / (double)US_PER_MS;
    text_format(text, ms < 0.095 ? "%.2f ms" : ms < 99.95 ? "%.1f ms" : "%.0f ms", ms);
}

char *round_causes_text(const struct round *round)
{
    struct text text = {0};
    for (size_t i = 0; i < round->n_causes; i++)
        text_format(&text, "%s%" PRIu32 " %s", i ? ", " : "", round->causes[i].n, round->causes[i].name);
    return text_take(&text);
}

char *round_detail_text(const struct round *round)
{
    return round->detail ? text_escape(round->detail, SAMPLE_REASON_MAX) : NULL;
}

char *round_unnamed_text(const struct round *round)
{
    return round->unnamed && !round->distinct_known ? text_escape(round->unnamed, SAMPLE_REASON_MAX) : NULL;
}

static void add_failures(struct text *text, const struct round *round)
{
    CLEANUP_FREE char *causes = round_causes_text(round);
    CLEANUP_FREE char *detail = round_detail_text(round);
    if (causes && *causes)
        text_format(text, "; %s%s%s", causes, detail ? ": " : "", detail ? detail : "");
}

/* "orders: 20/20 warm (20 distinct, 1 cold), skew 0.8 ms, p99 112 ms" */
static char *sentence_of(const struct round *round)
{
    struct text text = {0};
    CLEANUP_FREE char *why_unnamed = round_unnamed_text(round);
    text_format(&text, "%s: %" PRIu32 "/%" PRIu32 " warm (", round->endpoint, round->warm, round->target);
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
        add_ms(&text, round->skew_us);
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

struct round_gist round_gist_of(const struct round *round)
{
    struct round_gist gist = {
        .known = true,
        .result = round->result,
        .target = round->target,
        .warm = round->warm,
        .cold = round->cold_known ? round->cold : 0,
        .proven = round->distinct_known,
        .version = round->version ? text_hash(round->version) : 0,
    };
    for (size_t i = 0; i < round->n_causes; i++)
        gist.causes ^= text_hash(round->causes[i].name);
    return gist;
}

bool round_gist_same(const struct round_gist *a, const struct round_gist *b)
{
    return a->known == b->known && a->result == b->result && a->target == b->target && a->warm == b->warm &&
           a->cold == b->cold && a->proven == b->proven && a->causes == b->causes && a->version == b->version;
}

bool round_is_left_out(const struct daemon_settings *settings, const struct round_gist *before,
                       const struct round_gist *now, bool retry)
{
    if (settings->log_requests || !round_gist_same(before, now))
        return false;
    return settings->log == LOG_OF_CHANGES || retry;
}

void round_figures(const struct round *round, struct figure figures[ROUND_FIGURES])
{
    bool seen = round->retained_known, spoken = round->http_version != HTTP_VERSION_AUTO;
    const struct figure all[ROUND_FIGURES] = {
        {"WARM_TARGET", "target", true, round->target, NULL},
        {"WARM_SENT", "sent", true, round->sent, NULL},
        {"WARM_OK", "ok", true, round->ok, NULL},
        {"WARM_FAILED", "failed", true, round->failed, NULL},
        {"WARM_THROTTLED", "throttled", true, round->throttled, NULL},
        {"WARM_DISTINCT", "distinct", round->distinct_known, round->distinct, NULL},
        {"WARM_COLD", "cold", round->cold_known, round->cold, NULL},
        {"WARM_PEAK", "peak", true, round->peak, NULL},
        {"WARM_SKEW_USEC", "skew_us", true, round->skew_us, NULL},
        {"WARM_CONNECT_USEC", "connect_us", true, round->connect_us, NULL},
        {"WARM_P50_USEC", "p50_us", true, round->p50_us, NULL},
        {"WARM_P99_USEC", "p99_us", true, round->p99_us, NULL},
        {"WARM_MAX_USEC", "max_us", true, round->max_us, NULL},
        {"WARM_HOLD_USEC", "hold_us", true, round->hold_us, NULL},
        {"WARM_ATTEMPTS", "attempts", true, round->n_attempts, NULL},
        {"WARM_HTTP_VERSION", "http_version", spoken, 0, http_version_names[round->http_version]},
        {"WARM_INTERVAL_USEC", NULL, true, round->interval_us, NULL},
        {"WARM_RETAINED", NULL, seen, round->retained, NULL},
        {"WARM_DIED", NULL, seen, round->died, NULL},
        {"WARM_RETIRED", NULL, seen, round->retired, NULL},
        {"WARM_COST_MICROUSD", "cost_microusd", round->cost_known, (uint64_t)llround(round->cost_usd * 1e6),
         NULL},
        {"WARM_PROVISIONED_MICROUSD", NULL, round->cost_known,
         (uint64_t)llround(round->provisioned_hour_usd * 1e6), NULL},
    };
    memcpy(figures, all, sizeof all);
}

static void add_figures(struct event *event, const struct round *round)
{
    struct figure figures[ROUND_FIGURES];
    round_figures(round, figures);
    for (const struct figure *figure = figures; figure < figures + ROUND_FIGURES; figure++) {
        if (figure->known && figure->text)
            event_field(event, "%s=%s", figure->field, figure->text);
        else if (figure->known)
            event_field(event, "%s=%" PRIu64, figure->field, figure->number);
    }
}

static void tell_request(const struct round *round, const struct sample *sample)
{
    char cause[CAUSE_NAME_MAX];
    CLEANUP_FREE char *instance =
        text_escape(sample->instance ? sample->instance : "unnamed", INSTANCE_ID_MAX);
    struct event event = begin(EVENT_REQUEST, LOG_DEBUG, round->endpoint);
    uint64_t total_us = sample_latency_us(sample);
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
    CLEANUP_FREE char *sentence = sentence_of(round);
    CLEANUP_FREE char *version = round->version ? text_escape(round->version, INSTANCE_ID_MAX) : NULL;
    for (size_t i = 0; with_requests && i < round->n_samples; i++)
        tell_request(round, &round->samples[i]);
    struct event event = begin(EVENT_ROUND, priorities[round->result], round->endpoint);
    event_field(&event, "WARM_ROUND=%s", round->id);
    event_field(&event, "WARM_RESULT=%s", round_result_names[round->result]);
    add_figures(&event, round);
    if (round->cost_known)
        event_field(&event, "WARM_COST_USD=%.9f", round->cost_usd);
    if (version)
        event_field(&event, "WARM_VERSION=%s", version);
    if (causes && *causes)
        event_field(&event, "WARM_ERRORS=%s", causes);
    if (round->former)
        event_field(&event, "WARM_FORMER=1");
    if (round->told_by_change)
        event_field(&event, "WARM_CHANGES=1");
    event_send(&event, "%s", sentence ? sentence : round->endpoint);
}

void tell_skipped(const char *endpoint, const char *why)
{
    struct event event = begin(EVENT_ROUND_SKIPPED, LOG_WARNING, endpoint);
    event_send(&event, "%s: round skipped: %s", endpoint, why);
}

/* A duration as a person says it: in whole seconds from ten seconds on. */
static const char *rounded(uint64_t duration_us, char text[DURATION_TEXT_MAX])
{
    uint64_t unit_us = duration_us >= 10 * US_PER_S ? US_PER_S : US_PER_MS;
    return duration_format((duration_us + unit_us / 2) / unit_us * unit_us, text);
}

void tell_failing(const struct round *round, uint64_t retry_us)
{
    char retry[DURATION_TEXT_MAX], which[48] = "the request was not";
    CLEANUP_FREE char *causes = round_causes_text(round);
    struct event event = begin(EVENT_ENDPOINT_FAILING, LOG_ERR, round->endpoint);
    if (causes && *causes)
        event_field(&event, "WARM_ERRORS=%s", causes);
    if (round->sent != 1)
        snprintf(which, sizeof which, "none of %" PRIu32 " requests was", round->sent);
    event_send(&event,
               "%s: failing: %s answered as expected; next try in %s; the next entry comes when it recovers",
               round->endpoint, which, rounded(retry_us, retry));
}

void tell_recovered(const char *endpoint, uint64_t for_us)
{
    char duration[DURATION_TEXT_MAX];
    struct event event = begin(EVENT_ENDPOINT_RECOVERED, LOG_NOTICE, endpoint);
    event_send(&event, "%s: answers again, after failing for %s", endpoint, rounded(for_us, duration));
}

void tell_throttled(const struct round *round, uint32_t count, uint64_t wait_us)
{
    char wait[DURATION_TEXT_MAX];
    CLEANUP_FREE char *causes = round_causes_text(round);
    struct event event = begin(EVENT_THROTTLED, LOG_WARNING, round->endpoint);
    event_field(&event, "WARM_THROTTLED=%" PRIu32, round->throttled);
    event_send(&event,
               "%s: throttled (%s): real traffic comes first, so only %" PRIu32 " of %" PRIu32
               " requests in %s, then more",
               round->endpoint, causes ? causes : "?", count, round->target, rounded(wait_us, wait));
}

void tell_ceiling(const struct round *round, uint32_t count)
{
    struct event event = begin(EVENT_THROTTLED, LOG_WARNING, round->endpoint);
    event_field(&event, "WARM_THROTTLED=%" PRIu32, round->throttled);
    event_send(&event,
               "%s: %" PRIu32 " of %" PRIu32
               " requests are answered at once, and more are throttled: that many are sent from now on, and "
               "now and then some more",
               round->endpoint, count, round->target);
}

void tell_throttle_over(const char *endpoint)
{
    struct event event = begin(EVENT_THROTTLE_OVER, LOG_NOTICE, endpoint);
    event_send(&event, "%s: no longer throttled", endpoint);
}

void tell_budget(const char *endpoint, double spent_usd, double budget_usd, double next_usd,
                 uint64_t resumes_real_us)
{
    time_t resumes_s = (time_t)(resumes_real_us / US_PER_S);
    struct tm utc;
    char day[16] = "", spent[COST_TEXT_MAX], budget[COST_TEXT_MAX], next[COST_TEXT_MAX];
    if (gmtime_r(&resumes_s, &utc))
        strftime(day, sizeof day, "%Y-%m-%d", &utc);
    struct event event = begin(EVENT_BUDGET_REACHED, LOG_WARNING, endpoint);
    event_field(&event, "WARM_UNTIL_USEC=%" PRIu64, resumes_real_us);
    event_send(
        &event,
        "%s: budget reached: %s of %s spent this month, and a round may cost %s; it rests until %s (UTC)",
        endpoint, cost_format(spent_usd, spent), cost_format(budget_usd, budget), cost_format(next_usd, next),
        day);
}

void tell_resting(const char *endpoint, uint64_t resumes_real_us)
{
    time_t resumes_s = (time_t)(resumes_real_us / US_PER_S);
    struct tm local;
    char when[40] = "";
    if (resumes_real_us && localtime_r(&resumes_s, &local))
        strftime(when, sizeof when, " until %a %H:%M", &local);
    struct event event = begin(EVENT_RESTING, LOG_INFO, endpoint);
    if (resumes_real_us)
        event_field(&event, "WARM_UNTIL_USEC=%" PRIu64, resumes_real_us);
    event_send(&event, "%s: its windows are closed: it rests%s", endpoint, when);
}

void tell_learned(const char *endpoint, uint64_t interval_us, uint64_t hold_us)
{
    char interval[DURATION_TEXT_MAX], hold[DURATION_TEXT_MAX];
    struct event event = begin(EVENT_LEARNED, LOG_INFO, endpoint);
    event_field(&event, "WARM_INTERVAL_USEC=%" PRIu64, interval_us);
    event_field(&event, "WARM_HOLD_USEC=%" PRIu64, hold_us);
    event_send(&event, "%s: learned: interval %s, hold %s", endpoint, rounded(interval_us, interval),
               duration_format(hold_us, hold));
}

void tell_unproven(const char *endpoint)
{
    struct event event = begin(EVENT_LEARNED, LOG_NOTICE, endpoint);
    event_send(&event,
               "%s: nothing can be learned: the answers name neither instances nor cold starts, so the "
               "interval and the hold stay at their initial values",
               endpoint);
}

void tell_deployed(const char *endpoint, const char *before, const char *now)
{
    CLEANUP_FREE char *old = text_escape(before, VERSION_SHOWN_MAX);
    CLEANUP_FREE char *new = text_escape(now, VERSION_SHOWN_MAX);
    struct event event = begin(EVENT_DEPLOYED, LOG_NOTICE, endpoint);
    event_field(&event, "WARM_VERSION=%s", new ? new : "?");
    event_send(&event, "%s: version %s answers instead of %s: it was deployed, so a round follows at once",
               endpoint, new ? new : "?", old ? old : "?");
}

void tell_credentials_failed(const char *endpoint, const char *what)
{
    struct event event = begin(EVENT_CREDENTIALS_FAILED, LOG_ERR, endpoint);
    event_send(&event, "%s: %s", endpoint, what);
}

void tell_credentials_recovered(const char *endpoint)
{
    struct event event = begin(EVENT_CREDENTIALS_RECOVERED, LOG_NOTICE, endpoint);
    event_send(&event, "%s: AWS credentials are available again", endpoint);
}

void tell_http2(const struct round *round)
{
    if (round->http2_finding == HTTP2_FINE)
        return;
    bool fewer = round->http2_finding == HTTP2_FEWER;
    struct event event = begin(EVENT_HTTP2_FEW, fewer ? LOG_NOTICE : LOG_WARNING, round->endpoint);
    if (fewer)
        event_send(&event,
                   "%s: fewer instances answered over HTTP/2 than over HTTP/1.1; HTTP/1.1 is used from now "
                   "on (try streams = 4 instead)",
                   round->endpoint);
    else
        event_send(&event,
                   "%s: the server handles only a few requests of an HTTP/2 connection at a time; set "
                   "streams = 4, or http_version = \"auto\"",
                   round->endpoint);
}

void tell_signature_clock(const char *endpoint, int64_t offset_us)
{
    char by[DURATION_TEXT_MAX];
    uint64_t amount_us = (uint64_t)(offset_us < 0 ? -offset_us : offset_us);
    struct event event = begin(EVENT_SIGNATURE_CLOCK, LOG_WARNING, endpoint);
    event_send(&event,
               "%s: AWS refused a signature because of its time: this machine's clock is %s %s; requests are "
               "signed with the server's time from now on",
               endpoint, rounded(amount_us, by), offset_us < 0 ? "fast" : "slow");
}

void tell_clock_jumped(int64_t by_us)
{
    char by[DURATION_TEXT_MAX];
    event_say(EVENT_CLOCK_JUMPED, LOG_NOTICE, "the clock was set %s by %s; intervals are not affected",
              by_us < 0 ? "back" : "forward", rounded((uint64_t)(by_us < 0 ? -by_us : by_us), by));
}

void tell_timezone(void)
{
    time_t seconds = (time_t)(clock_real_us() / US_PER_S);
    struct tm local;
    char zone[32] = "";
    if (localtime_r(&seconds, &local))
        strftime(zone, sizeof zone, "%Z, %z", &local);
    event_say(EVENT_TIMEZONE, LOG_NOTICE, "the system's time zone has changed (%s): windows now follow it",
              zone);
}
