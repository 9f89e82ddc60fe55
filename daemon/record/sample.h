/* What happened to one request of a volley. */
#ifndef WARMD_RECORD_SAMPLE_H
#define WARMD_RECORD_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* Why a request was not answered as expected. CAUSE_STATUS stands for every unexpected status but 429 and
 * 3xx. */
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
    CAUSE_THROTTLED,
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

enum { INSTANCE_ID_MAX = 128, SAMPLE_DETAIL_MAX = 160 };

/* Stamps are nanoseconds of CLOCK_MONOTONIC; 0 means that it didn't come to that. */
struct sample {
    uint32_t index;   /* from 1 */
    uint32_t attempt; /* from 1 */
    enum outcome outcome;
    enum cause cause;
    int status; /* HTTP, 0 where none was received */
    enum coldness cold;
    char *instance;      /* as the answer names it, unescaped; NULL where it doesn't */
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

void samples_free(struct sample *samples, size_t n); /* takes NULL */

#endif
