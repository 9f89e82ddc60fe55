#include "telemetry/tell_endpoint.h"

#include "base/clock.h"
#include "base/duration.h"
#include "decide/cost.h"
#include "telemetry/journal.h"
#include "telemetry/tell_round.h"

#include <inttypes.h>
#include <time.h>

enum { VERSION_SHOWN_MAX = 64 };

static struct event begin(enum event_kind kind, int priority, const char *endpoint)
{
    struct event event = event_begin(kind, priority);
    event_field(&event, "WARM_ENDPOINT=%s", endpoint);
    return event;
}

/* A duration as a person says it: in whole seconds from ten seconds on. */
static const char *rounded(uint64_t duration_us, char text[DURATION_TEXT_MAX])
{
    uint64_t unit_us = duration_us >= 10 * US_PER_S ? US_PER_S : US_PER_MS;
    return duration_format((duration_us + unit_us / 2) / unit_us * unit_us, text);
}

void tell_failing(const struct round *round, uint64_t retry_us)
{
    char retry[DURATION_TEXT_MAX];
    CLEANUP_FREE char *causes = round_causes_text(round);
    struct event event = begin(EVENT_ENDPOINT_FAILING, LOG_ERR, round->endpoint);
    if (causes && *causes)
        event_field(&event, "WARM_ERRORS=%s", causes);
    event_send(&event,
               "%s: failing: none of %" PRIu32 " requests was answered as expected; next try in %s; "
               "the next entry comes when it recovers",
               round->endpoint, round->sent, rounded(retry_us, retry));
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
    event_send(
        &event,
        "%s: budget reached: %s of %s spent this month, and a round may cost %s; it rests until %s (UTC)",
        endpoint, cost_format(spent_usd, spent), cost_format(budget_usd, budget), cost_format(next_usd, next),
        day);
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
