/* What happened to one request of a volley. */
#ifndef WARMD_RECORD_SAMPLE_H
#define WARMD_RECORD_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a request was not answered as expected. CAUSE_STATUS stands for every unexpected status that has no
 * cause of its own. */
enum cause {
    CAUSE_NONE,
    CAUSE_DNS,
    CAUSE_DNS_TIMEOUT,
    CAUSE_REFUSED,
    CAUSE_UNREACHABLE,
    CAUSE_CONNECT_TIMEOUT,
    CAUSE_CONNECT,
    CAUSE_PROXY,
    CAUSE_TLS_TIMEOUT,
    CAUSE_TLS,
    CAUSE_CERTIFICATE,
    CAUSE_HOSTNAME,
    CAUSE_TRUST_ANCHORS,
    CAUSE_CLIENT_CERTIFICATE,
    CAUSE_SEND_TIMEOUT,
    CAUSE_RESET,
    CAUSE_CLOSED,
    CAUSE_REFUSED_STREAM,
    CAUSE_TIMEOUT,
    CAUSE_TOO_LARGE,
    CAUSE_PROTOCOL,
    CAUSE_REDIRECT,
    CAUSE_THROTTLED,            /* 429, without a reason */
    CAUSE_CONCURRENCY_LIMIT,    /* 429 ConcurrentInvocationLimitExceeded: the account's */
    CAUSE_RESERVED_CONCURRENCY, /* 429 ReservedFunction…: the function's own */
    CAUSE_RATE_LIMIT,           /* 429 …InvocationRateLimitExceeded: too many a second for the function */
    CAUSE_CALLER_RATE_LIMIT,    /* 429 CallerRateLimitExceeded: too many a second for the caller */
    CAUSE_SNAPSHOT_LIMIT,       /* 429 ConcurrentSnapshotCreateLimitExceeded: too many snapshots at a time */
    CAUSE_FUNCTION_ERROR,       /* a 200 of the Invoke API with X-Amz-Function-Error */
    CAUSE_CACHED,               /* a cache answered, no instance did */
    CAUSE_CREDENTIALS,          /* none to sign with */
    CAUSE_EXPIRED_TOKEN,        /* 403: the credentials have expired */
    CAUSE_CLOCK_SKEW,           /* 403: signed for another time than the server's */
    CAUSE_SIGNATURE,            /* 403: the signature doesn't match, or its key isn't known */
    CAUSE_ACCESS_DENIED,        /* 403: a permission is missing */
    CAUSE_NO_FUNCTION,          /* 404 of the Invoke API: no such function, alias or version */
    CAUSE_STATUS,
    CAUSE_DESCRIPTORS,
    CAUSE_THREAD,
    CAUSE_MEMORY,
    CAUSE_GATE,
    CAUSE_STOPPED,
    CAUSE_INTERNAL,
    CAUSE_MAX,
};

enum outcome { OUTCOME_FAILED, OUTCOME_OK, OUTCOME_THROTTLED };

enum coldness { COLD_UNKNOWN, COLD_NO, COLD_YES };

enum {
    INSTANCE_ID_MAX = 128,
    SAMPLE_DETAIL_MAX = 160, /* of what an endpoint says about a failure */
    SAMPLE_REASON_MAX = 512, /* of what we say about it: where credentials were looked for, say */
};

/* Stamps are nanoseconds of CLOCK_MONOTONIC; 0 means that it didn't get that far. */
struct sample {
    uint32_t index;   /* from 1 */
    uint32_t attempt; /* from 1 */
    enum outcome outcome;
    enum cause cause;
    int status; /* HTTP, 0 where none was received */
    enum coldness cold;
    uint32_t init_us;        /* of a cold start, if the log tail says so; 0: unknown */
    uint32_t billed_us;      /* the same */
    char *version;           /* X-Amz-Executed-Version; NULL: unknown */
    int64_t clock_offset_us; /* the server's Date less ours, of a CAUSE_CLOCK_SKEW; else 0 */
    char *instance;          /* as the answer names it, unescaped; NULL where it doesn't */
    bool is_shared;          /* its instance may serve other requests at the same time */
    char *unnamed;       /* why the instance couldn't be read from the body; NULL: it could, or needn't be */
    char *detail;        /* one line about the failure; NULL where the cause says it all */
    uint64_t ready_ns;   /* connected and complete in the buffer */
    uint64_t release_ns; /* its last byte was sent */
    uint32_t delay_us;   /* held back on purpose beyond T0, because its path is shorter than others' */
    uint64_t first_byte_ns;
    uint64_t end_ns; /* last byte of the answer, or the failure */
};

enum { CAUSE_NAME_MAX = 24 };

/* The cause's name in logs, JSON and metrics: "refused", "tls-timeout", "http-503". Returns BUFFER. */
const char *cause_name(enum cause cause, int status, char buffer[CAUSE_NAME_MAX]);

/* From its release to its end; 0: it didn't get that far. */
uint64_t sample_latency_us(const struct sample *sample);

void sample_clear(struct sample *sample);            /* frees its texts */
void samples_free(struct sample *samples, size_t n); /* takes NULL */

#endif
