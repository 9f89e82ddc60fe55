/* What the journal is told: each round, and what else happens to an endpoint or to the whole daemon, once
 * when it begins and once when it is over. */
#ifndef WARMD_TELEMETRY_TELL_H
#define WARMD_TELEMETRY_TELL_H

#include "base/text.h"
#include "record/round.h"

/* "3 refused, 1 http-503", most frequent first; "" where nothing failed. A new string, NULL: no memory. */
char *round_causes_text(const struct round *round);

/* What the first failed request adds to its cause, escaped; a new string, NULL where none does. */
char *round_detail_text(const struct round *round);

/* Where distinct instances are unproven: why no instance could be read from an answer's body ("is not JSON:
 * …", after "an answer"), escaped; a new string, NULL: they are proven, or the answers just don't say. */
char *round_unnamed_text(const struct round *round);

/* A figure of a round, as it is reported everywhere. */
struct figure {
    const char *field; /* in the journal */
    const char *name;  /* in JSON; NULL: it isn't there */
    bool known;
    uint64_t number;
    const char *text; /* instead of the number, unless NULL */
};
enum { ROUND_FIGURES = 22 };
/* Fills in the figures of ROUND, which owns their texts. */
void round_figures(const struct round *round, struct figure figures[ROUND_FIGURES]);

/* What makes a round worth an entry of its own if it differs from the round before: how many instances are
 * warm, of how many, proven or not; how many are new; the kinds of causes; the version. Latencies don't
 * count. A zero-initialised gist differs from every round's. */
struct round_gist {
    bool known;
    enum round_result result;
    uint32_t target, warm, cold;
    bool proven;
    uint64_t causes;  /* hash of their names, whatever their order and number */
    uint64_t version; /* hash; 0: unknown */
};

struct round_gist round_gist_of(const struct round *round);
bool round_gist_same(const struct round_gist *a, const struct round_gist *b);

/* Whether a round with the gist NOW is left out after one with the gist BEFORE. RETRY: the endpoint failed
 * before, and this has been logged. */
bool round_is_left_out(const struct daemon_settings *settings, const struct round_gist *before,
                       const struct round_gist *now, bool retry);
/* Logs one journal entry for ROUND and, if WITH_REQUESTS, one for each request at debug level. */
void tell_round(const struct round *round, bool with_requests);
/* Logs that a round was skipped; WHY: for example "the previous round is still running". */
void tell_skipped(const char *endpoint, const char *why);

/* ROUND is the first that failed; the next try is in RETRY_US. */
void tell_failing(const struct round *round, uint64_t retry_us);
/* After FOR_US of failing. */
void tell_recovered(const char *endpoint, uint64_t for_us);
/* ROUND was throttled; COUNT requests will be sent instead of its target, in WAIT_US. */
void tell_throttled(const struct round *round, uint32_t count, uint64_t wait_us);
void tell_ceiling(const struct round *round, uint32_t count);
void tell_throttle_over(const char *endpoint);
/* SPENT_USD and BUDGET_USD of this month; rounds go on at RESUMES_REAL_US (CLOCK_REALTIME). */
void tell_budget(const char *endpoint, double spent_usd, double budget_usd, double next_usd,
                 uint64_t resumes_real_us);
/* Its windows are closed; the next round is due at RESUMES_REAL_US (CLOCK_REALTIME; 0: never). */
void tell_resting(const char *endpoint, uint64_t resumes_real_us);
/* The endpoint is set to learn, but its answers don't say what that takes. */
void tell_unproven(const char *endpoint);
void tell_learned(const char *endpoint, uint64_t interval_us, uint64_t hold_us);
/* The version that answers was BEFORE and is now NOW; this function escapes both. */
void tell_deployed(const char *endpoint, const char *before, const char *now);
/* WHAT went wrong, as credentials_get says it. */
void tell_credentials_failed(const char *endpoint, const char *what);
void tell_credentials_recovered(const char *endpoint);
/* What round->http2_finding means; nothing for HTTP2_FINE. */
void tell_http2(const struct round *round);
/* The server's clock is OFFSET_US ahead of ours. */
void tell_signature_clock(const char *endpoint, int64_t offset_us);
/* The system's clock was set by BY_US. */
void tell_clock_jumped(int64_t by_us);
/* The system's time zone was changed; the process uses the new one already. */
void tell_timezone(void);

#endif
