/* What a round proved: the figures that are logged, shown and learned from. */
#ifndef WARMD_RECORD_ROUND_H
#define WARMD_RECORD_ROUND_H

#include "base/cleanup.h"
#include "plan/plan.h"
#include "record/sample.h"

#include <stdbool.h>

enum { ROUND_ID_TEXT = 33 }; /* 128 bits in hex, and the NUL */

enum round_result { ROUND_FAILED, ROUND_SHORT, ROUND_MET };

struct cause_count {
    enum cause cause;
    int status; /* for CAUSE_STATUS */
    uint32_t n;
    char name[CAUSE_NAME_MAX];
};

/* Why all of a volley's signatures were refused, if another try may do better. */
enum resend {
    RESEND_NOT,
    RESEND_EXPIRED, /* the credentials had expired */
    RESEND_CLOCK,   /* they were for another time than the server's */
};

/* One volley of a round that was sent. */
struct attempt {
    uint64_t hold_us; /* that its requests ask for */
    /* what the volley sees of itself, besides its samples */
    uint64_t connect_us; /* from the start, DNS included, until the last connection was ready; 0: none was */
    enum http_version http_version; /* as spoken; auto: it didn't get that far */
    bool gate_failed;               /* held by their sockets because the gate for TLS does not hold here */
    bool realtime_refused;          /* SCHED_FIFO was wanted and not allowed */
    enum resend resend;
    int64_t clock_offset_us; /* the server's clock less ours, of RESEND_CLOCK */
    char *note;              /* what to warn about although it went on; NULL: nothing; owned */
    /* what its samples show (decide/verdict.h) */
    uint32_t ok;        /* answered as expected */
    uint32_t answered;  /* the same, naming an instance */
    uint32_t distinct;  /* distinct ones of these instances */
    uint32_t gained;    /* those of them that no earlier attempt met */
    uint32_t peak;      /* most in flight at one instant */
    uint64_t skew_us;   /* first to last release */
    uint64_t spread_us; /* first to last of these answers' ends, cold starts left out */
    bool in_turns;      /* the server handled its requests a few at a time */
    bool futile;        /* it held longer than the one before, and met hardly any of the missing instances */
    double cost_usd;    /* estimated; 0 where prices are not known */
};

/* What a round has shown about an HTTP/2 host that answers fewer requests at a time than it is sent. */
enum http2_finding {
    HTTP2_FINE,
    HTTP2_FEWER,    /* than over HTTP/1.1, which is spoken from now on */
    HTTP2_IN_TURNS, /* a few at a time, and the configuration insists on HTTP/2 */
};

struct round {
    char *endpoint;
    bool former;         /* the endpoint now calls something else: this round says nothing about that */
    bool told_by_change; /* rounds like it that follow have no journal entry of their own */
    char id[ROUND_ID_TEXT];
    enum round_result result;
    uint32_t target;
    uint32_t sent, ok, failed, throttled; /* sums over attempts; sent = ok + failed + throttled */
    uint32_t warm; /* instances it found warm: distinct ones where that is proven, else as many as `ok` */
    bool distinct_known;
    uint32_t distinct; /* instances that answered as expected, over all attempts */
    bool cold_known;
    uint32_t cold;
    uint64_t p50_us, p99_us, max_us; /* release to last byte, of the expected answers */
    /* of the best attempt, which has the most to show; see there */
    uint32_t peak;
    uint64_t skew_us, connect_us;
    /* of the last attempt */
    uint64_t hold_us;
    enum http_version http_version;
    const char *detail;  /* what the first failed request adds to its cause; NULL: nothing; a sample's */
    const char *unnamed; /* why an expected answer doesn't name its instance; NULL: not known; a sample's */
    bool stopped;        /* some were not answered because the daemon was told to stop */
    bool retained_known; /* it is known which were seen before */
    uint32_t retained;   /* instances of the rounds before that answered again */
    uint32_t retired;    /* those old enough to have ended by themselves, replaced by new ones */
    uint32_t died;       /* those replaced by new ones, as far as idleness was the cause */
    bool cost_known;
    double cost_usd; /* estimated, for all attempts: the one figure reported, counted and budgeted */
    double provisioned_hour_usd; /* what an hour of provisioned concurrency for its target would cost; 0 where
                                    prices are not known */
    char *version; /* of the function, where all answers of the last attempt agree; NULL: unknown */
    uint64_t interval_us;
    struct attempt attempts[PLAN_ATTEMPTS_MAX];
    uint32_t n_attempts;
    struct attempt refused; /* a volley that was sent again in its place, and isn't counted; RESEND_NOT:
                               none was */
    enum http2_finding http2_finding;
    struct cause_count *causes; /* most frequent first */
    size_t n_causes;
    struct sample *samples;
    size_t n_samples;
};

void round_free(struct round *round); /* takes NULL */
DEFINE_CLEANUP(struct round *, round_free);

/* The last attempt; all zero if nothing was sent. */
const struct attempt *round_last(const struct round *round);
/* What to warn about although it went on; NULL: nothing. */
const char *round_note(const struct round *round);
/* Whether CAUSE is among its causes. */
bool round_has_cause(const struct round *round, enum cause cause);

/* Whether the round has reached its target; with DISTINCT, whether it is also proven that the instances were
 * distinct. */
bool round_is_met(const struct round *round, bool distinct);

extern const char *const round_result_names[ROUND_MET + 1]; /* "failed", "short", "met" */

#endif
