#include "record/cause.h"

#include "base/require.h"

#include <errno.h>
#include <stdio.h>

static const char *const cause_names[CAUSE_MAX] = {
    [CAUSE_NONE] = "none",
    [CAUSE_DNS] = "dns",
    [CAUSE_DNS_TIMEOUT] = "dns-timeout",
    [CAUSE_REFUSED] = "refused",
    [CAUSE_UNREACHABLE] = "unreachable",
    [CAUSE_CONNECT_TIMEOUT] = "connect-timeout",
    [CAUSE_CONNECT] = "connect",
    [CAUSE_PROXY] = "proxy",
    [CAUSE_TLS_TIMEOUT] = "tls-timeout",
    [CAUSE_TLS] = "tls",
    [CAUSE_CERTIFICATE] = "certificate",
    [CAUSE_HOSTNAME] = "certificate-name",
    [CAUSE_TRUST_ANCHORS] = "trust-anchors",
    [CAUSE_CLIENT_CERTIFICATE] = "client-certificate",
    [CAUSE_SEND_TIMEOUT] = "send-timeout",
    [CAUSE_RESET] = "reset",
    [CAUSE_CLOSED] = "closed",
    [CAUSE_REFUSED_STREAM] = "refused-stream",
    [CAUSE_TIMEOUT] = "timeout",
    [CAUSE_TOO_LARGE] = "too-large",
    [CAUSE_PROTOCOL] = "protocol",
    [CAUSE_REDIRECT] = "redirect",
    [CAUSE_THROTTLED] = "throttled",
    [CAUSE_CONCURRENCY_LIMIT] = "throttled-concurrency",
    [CAUSE_RESERVED_CONCURRENCY] = "throttled-reserved",
    [CAUSE_RATE_LIMIT] = "throttled-rate",
    [CAUSE_CALLER_RATE_LIMIT] = "throttled-caller",
    [CAUSE_SNAPSHOT_LIMIT] = "throttled-snapshots",
    [CAUSE_FUNCTION_ERROR] = "function-error",
    [CAUSE_CACHED] = "cached",
    [CAUSE_CREDENTIALS] = "credentials",
    [CAUSE_EXPIRED_TOKEN] = "expired-token",
    [CAUSE_CLOCK_SKEW] = "clock-skew",
    [CAUSE_SIGNATURE] = "signature",
    [CAUSE_ACCESS_DENIED] = "access-denied",
    [CAUSE_NO_FUNCTION] = "no-function",
    [CAUSE_STATUS] = "http",
    [CAUSE_DESCRIPTORS] = "descriptors",
    [CAUSE_THREAD] = "thread",
    [CAUSE_MEMORY] = "memory",
    [CAUSE_GATE] = "gate",
    [CAUSE_STOPPED] = "stopped",
    [CAUSE_INTERNAL] = "internal",
};

const char *cause_name(enum cause cause, int status, char buffer[CAUSE_NAME_MAX])
{
    REQUIRE(cause < CAUSE_MAX);
    if (cause == CAUSE_STATUS)
        snprintf(buffer, CAUSE_NAME_MAX, "http-%d", status);
    else
        snprintf(buffer, CAUSE_NAME_MAX, "%s", cause_names[cause]);
    return buffer;
}

static const struct {
    enum cause late; /* time ran out */
    enum cause otherwise;
} stages[STAGE_MAX] = {
    [STAGE_CREDENTIALS] = {CAUSE_CREDENTIALS, CAUSE_CREDENTIALS},
    [STAGE_REQUEST] = {CAUSE_INTERNAL, CAUSE_INTERNAL},
    [STAGE_PROXY] = {CAUSE_PROXY, CAUSE_PROXY},
    [STAGE_NAME] = {CAUSE_DNS_TIMEOUT, CAUSE_DNS},
    [STAGE_ANCHORS] = {CAUSE_TRUST_ANCHORS, CAUSE_TRUST_ANCHORS},
    [STAGE_CLIENT_CERTIFICATE] = {CAUSE_CLIENT_CERTIFICATE, CAUSE_CLIENT_CERTIFICATE},
    [STAGE_SETUP] = {CAUSE_MEMORY, CAUSE_MEMORY},
    [STAGE_CONNECT] = {CAUSE_CONNECT_TIMEOUT, CAUSE_CONNECT},
    [STAGE_TLS] = {CAUSE_TLS_TIMEOUT, CAUSE_TLS},
    [STAGE_GATE] = {CAUSE_GATE, CAUSE_GATE},
    [STAGE_SEND] = {CAUSE_SEND_TIMEOUT, CAUSE_CLOSED},
    [STAGE_ANSWER] = {CAUSE_TIMEOUT, CAUSE_CLOSED},
};

enum cause cause_of_timeout(enum request_stage stage)
{
    return stages[stage].late;
}

/* What ERROR tells about a connection. */
static enum cause cause_of_connection(int error, enum request_stage stage)
{
    switch (error) {
    case ECONNREFUSED:
        return CAUSE_REFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
        return CAUSE_UNREACHABLE;
    case ECONNRESET:
    case EPIPE:
        return CAUSE_RESET;
    default:
        return stages[stage].otherwise;
    }
}

enum cause cause_of_errno(int error, enum request_stage stage)
{
    switch (error) {
    case EMFILE:
    case ENFILE:
        return CAUSE_DESCRIPTORS;
    case ENOMEM:
    case ENOBUFS:
        return CAUSE_MEMORY;
    case ECANCELED:
        return CAUSE_STOPPED;
    case EAGAIN: /* from the resolver: no thread; from a socket: no room until now */
        return stage == STAGE_NAME ? CAUSE_THREAD : stages[stage].late;
    case ETIMEDOUT:
        return stages[stage].late;
    default: /* before that, it isn't about the request's own connection */
        return stage < STAGE_CONNECT ? stages[stage].otherwise : cause_of_connection(error, stage);
    }
}
