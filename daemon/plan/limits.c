#include "plan/limits.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "plan/syntax.h"

#include <string.h>

enum {
    ROUND_DESCRIPTORS = 16, /* besides its connections: curl's wake-up pipes, resolver sockets, epoll */
    ROUNDS_AT_ONCE_MAX = 64,
    /* A request's connection, with all that libcurl, OpenSSL and we keep for it. Over HTTP/1.1 and TLS 43 KiB
     * were measured where the server resumes sessions, and 68 KiB where it does not; over HTTP/2, 5 KiB. */
    HTTP1_BYTES = 80 << 10,
    HTTP2_BYTES = 12 << 10,
    BODY_COPIES = 3, /* rendered, encrypted in the gate, and in the buffer that grew for it */
    OWN_BYTES = 48 << 20,
    ENDPOINT_BYTES = 8 << 10, /* with what was learned about it */
    RELEASE_US = 30,          /* from one last byte to the next, at N = 10,000 on two cores */
    OWN_DESCRIPTORS = 64,     /* standard streams, journal, bus, timers, state, metrics; and a reserve */
};

uint64_t plan_descriptors_needed(const struct plan *plan)
{
    uint64_t rounds = 0, requests = plan_instances(plan);
    for (size_t i = 0; i < plan->n_endpoints && rounds < ROUNDS_AT_ONCE_MAX; i++)
        rounds += plan->endpoints[i].enabled;
    if (requests > plan->daemon.max_in_flight)
        requests = plan->daemon.max_in_flight;
    return requests + rounds * ROUND_DESCRIPTORS + OWN_DESCRIPTORS;
}

static bool is_plain(const struct endpoint *endpoint)
{
    const char *url = endpoint->function ? endpoint->endpoint_url : endpoint->url;
    return url && !is_https(url);
}

static uint64_t request_bytes(const struct endpoint *endpoint)
{
    uint64_t connection = endpoint->http_version == HTTP_VERSION_2 ? HTTP2_BYTES : HTTP1_BYTES;
    return connection + endpoint->max_body_bytes +
           BODY_COPIES * (endpoint->body ? (uint64_t)strlen(endpoint->body) : 0);
}

static int by_most_bytes(const void *a, const void *b)
{
    uint64_t x = request_bytes(*(const struct endpoint *const *)a);
    uint64_t y = request_bytes(*(const struct endpoint *const *)b);
    return (x < y) - (x > y);
}

uint64_t plan_memory_needed(const struct plan *plan)
{
    CLEANUP_FREE const struct endpoint **sorted = calloc(plan->n_endpoints + 1, sizeof *sorted);
    uint64_t room = plan->daemon.max_in_flight, bytes = OWN_BYTES + plan->n_endpoints * ENDPOINT_BYTES;
    size_t n = 0;
    for (size_t i = 0; sorted && i < plan->n_endpoints; i++)
        if (plan->endpoints[i].enabled)
            sorted[n++] = &plan->endpoints[i];
    if (n > 0)
        qsort(sorted, n, sizeof *sorted, by_most_bytes);
    for (size_t i = 0; i < n && room > 0; i++) {
        uint64_t requests = endpoint_most_warm(sorted[i]);
        requests = requests < room ? requests : room;
        bytes += requests * request_bytes(sorted[i]);
        room -= requests;
    }
    return bytes;
}

uint64_t endpoint_hold_wanted_us(const struct endpoint *endpoint)
{
    uint64_t wanted_us = (uint64_t)RELEASE_US * endpoint_most_warm(endpoint);
    bool is_http1 = endpoint->http_version == HTTP_VERSION_1_1 || is_plain(endpoint);
    if (!is_http1 || endpoint->hold_auto || wanted_us <= endpoint->hold_us)
        return 0;
    return (wanted_us + 100 * US_PER_MS - 1) / (100 * US_PER_MS) * (100 * US_PER_MS);
}
