#include "volley/hosts.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "plan/plan.h"

#include <pthread.h>
#include <search.h>
#include <string.h>

static const uint64_t KEPT_US = US_PER_HOUR;

/* HTTP/1.1 is the better one if it meets more than this many percent of HTTP/2's instances. */
enum { CLEARLY_MORE_PERCENT = 110 };

/* An endpoint's doubt about HTTP/2 to this host. */
struct doubt {
    enum { DOUBT_NONE, DOUBT_OPEN, DOUBT_SETTLED } state;
    uint64_t since_us;
    char endpoint[PLAN_NAME_MAX + 1]; /* its name */
    uint32_t distinct, asked;
};

struct known_host {
    struct host_memory memory;
    uint64_t spoken_us; /* when it was learned */
    struct doubt doubt;
    unsigned port;
    const char *host; /* stored after the struct */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *known; /* a tree of tsearch */

static pthread_mutex_t *take_lock(void)
{
    pthread_mutex_lock(&lock);
    return &lock;
}

static void give_back(pthread_mutex_t **held)
{
    pthread_mutex_unlock(*held);
}

/* Takes the lock until the end of the block. */
#define HOLD_LOCK() CLEANUP(give_back) __attribute__((unused)) pthread_mutex_t *held = take_lock()

static int compare(const void *a, const void *b)
{
    const struct known_host *x = a, *y = b;
    return x->port != y->port ? (x->port > y->port ? 1 : -1) : strcmp(x->host, y->host);
}

static struct known_host *find(const char *host, unsigned port)
{
    const struct known_host key = {.host = host, .port = port};
    struct known_host *const *node = tfind(&key, &known, compare);
    return node ? *node : NULL;
}

struct host_memory hosts_recall(const char *host, unsigned port)
{
    HOLD_LOCK();
    const struct known_host *entry = find(host, port);
    struct host_memory memory = entry ? entry->memory : (struct host_memory){0};
    if (memory.spoken == SPOKEN_HTTP1 && clock_boot_us() >= entry->spoken_us + KEPT_US)
        memory.spoken = SPOKEN_UNKNOWN;
    return memory;
}

/* NULL: out of memory. */
static struct known_host *find_or_add(const char *host, unsigned port)
{
    struct known_host *entry = find(host, port);
    size_t length = strlen(host) + 1;
    if (entry || !(entry = calloc(1, sizeof *entry + length)))
        return entry;
    entry->host = memcpy(entry + 1, host, length);
    entry->port = port;
    if (tsearch(entry, &known, compare))
        return entry;
    free(entry);
    return NULL;
}

void hosts_remember_spoken(const char *host, unsigned port, enum spoken spoken, uint32_t max_streams)
{
    HOLD_LOCK();
    struct known_host *entry = find_or_add(host, port);
    if (!entry)
        return;
    entry->memory.spoken = spoken;
    entry->memory.max_streams = max_streams;
    entry->spoken_us = clock_boot_us();
}

void hosts_remember_broken_tickets(const char *host, unsigned port)
{
    HOLD_LOCK();
    struct known_host *entry = find_or_add(host, port);
    if (entry)
        entry->memory.breaks_on_tickets = true;
}

void hosts_remember_clock_offset(const char *host, unsigned port, int64_t offset_us)
{
    HOLD_LOCK();
    struct known_host *entry = find_or_add(host, port);
    if (entry)
        entry->memory.clock_offset_us = offset_us;
}

/* Was it settled within the hour, or is another endpoint's trial about to settle it? One's own doubt is
 * renewed; otherwise, endpoints that take turns would put off each other's trial for ever. */
static bool waits(const struct doubt *doubt, const char *endpoint)
{
    bool is_others = doubt->state == DOUBT_OPEN && strcmp(doubt->endpoint, endpoint) != 0;
    return (is_others || doubt->state == DOUBT_SETTLED) && clock_boot_us() < doubt->since_us + KEPT_US;
}

bool hosts_doubt_http2(const char *host, unsigned port, const char *endpoint, uint32_t distinct,
                       uint32_t asked)
{
    HOLD_LOCK();
    struct known_host *entry = find_or_add(host, port);
    if (!entry || entry->memory.prefers_http1 || waits(&entry->doubt, endpoint))
        return false;
    entry->doubt = (struct doubt){
        .state = DOUBT_OPEN, .since_us = clock_boot_us(), .distinct = distinct, .asked = asked};
    snprintf(entry->doubt.endpoint, sizeof entry->doubt.endpoint, "%s", endpoint);
    return true;
}

static bool is_trial_of(const struct known_host *entry, const char *endpoint)
{
    return entry && entry->doubt.state == DOUBT_OPEN && strcmp(entry->doubt.endpoint, endpoint) == 0;
}

bool hosts_tries_http1(const char *host, unsigned port, const char *endpoint)
{
    HOLD_LOCK();
    return is_trial_of(find(host, port), endpoint);
}

bool hosts_settle_doubt(const char *host, unsigned port, const char *endpoint, uint32_t distinct,
                        uint32_t asked)
{
    HOLD_LOCK();
    struct known_host *entry = find(host, port);
    if (!is_trial_of(entry, endpoint))
        return false;
    const struct doubt *doubt = &entry->doubt;
    bool better =
        (uint64_t)distinct * doubt->asked * 100 > (uint64_t)doubt->distinct * asked * CLEARLY_MORE_PERCENT;
    entry->memory.prefers_http1 = better;
    entry->doubt = (struct doubt){.state = DOUBT_SETTLED, .since_us = clock_boot_us()};
    return better;
}
