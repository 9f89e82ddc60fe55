/* Why a request was not answered as expected. What an answer itself shows is decided in protocol/refusal;
 * everything else here. */
#ifndef WARMD_RECORD_CAUSE_H
#define WARMD_RECORD_CAUSE_H

/* CAUSE_STATUS stands for every unexpected status that has no
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

enum { CAUSE_NAME_MAX = 24 };

/* The cause's name in logs, JSON and metrics: "refused", "tls-timeout", "http-503". Returns BUFFER. */
const char *cause_name(enum cause cause, int status, char buffer[CAUSE_NAME_MAX]);

/* What a request, or its volley, was busy with when it failed. */
enum request_stage {
    STAGE_CREDENTIALS,
    STAGE_REQUEST, /* building it */
    STAGE_PROXY,   /* finding it, and talking to it until it has connected us */
    STAGE_NAME,
    STAGE_ANCHORS,
    STAGE_CLIENT_CERTIFICATE,
    STAGE_SETUP, /* of the engine */
    STAGE_CONNECT,
    STAGE_TLS,
    STAGE_GATE, /* beginning to hold it back */
    STAGE_SEND, /* until its last byte */
    STAGE_ANSWER,
    STAGE_MAX,
};

/* Time ran out at STAGE. */
enum cause cause_of_timeout(enum request_stage stage);
/* Something failed at STAGE with ERROR, an errno (not negative). The same for both engines. */
enum cause cause_of_errno(int error, enum request_stage stage);

#endif
