#include "record/sample.h"

#include "base/clock.h"
#include "base/require.h"

#include <stdio.h>
#include <stdlib.h>

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

uint64_t sample_latency_us(const struct sample *sample)
{
    if (sample->release_ns == 0 || sample->end_ns <= sample->release_ns)
        return 0;
    return (sample->end_ns - sample->release_ns) / NS_PER_US;
}

void sample_clear(struct sample *sample)
{
    char **const texts[] = {&sample->instance, &sample->unnamed, &sample->detail, &sample->version};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        free(*texts[i]);
        *texts[i] = NULL;
    }
}

void samples_free(struct sample *samples, size_t n)
{
    for (size_t i = 0; samples && i < n; i++)
        sample_clear(&samples[i]);
    free(samples);
}
