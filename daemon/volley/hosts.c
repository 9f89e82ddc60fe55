#include "volley/hosts.h"

#include "base/clock.h"
#include "plan/plan.h"

#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t HTTP1_KEPT_US = 3600 * US_PER_S;

/* HTTP/1.1 is the better one if it meets more than this many percent of HTTP/2's instances. */
enum { CLEARLY_MORE_PERCENT = 110 };

/* An endpoint's doubt about HTTP/2 to this host. */
struct doubt {
    char endpoint[PLAN_NAME_MAX + 1]; /* its name */
    uint32_t distinct, asked;
    bool is_open;
    uint64_t opened_us;
    bool is_settled; /* has been, at some time */
    uint64_t settled_us;
};

struct known_host {
    struct host_memory memory;
    uint64_t learned_us;
    int64_t clock_offset_us;
    struct doubt doubt;
    bool prefers_http1;
    bool breaks_on_tickets;
    unsigned port;
    const char *host; /* stored after the struct */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *known; /* a tree of tsearch */

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
    struct host_memory memory = {0};
    pthread_mutex_lock(&lock);
    uint64_t now_us = clock_boot_us();
    const struct known_host *entry = find(host, port);
    /* A sum: a difference would underflow if another thread has learned it meanwhile. */
    if (entry && (entry->memory.spoken != SPOKEN_HTTP1 || now_us < entry->learned_us + HTTP1_KEPT_US))
        memory = entry->memory;
    pthread_mutex_unlock(&lock);
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

void hosts_remember(const char *host, unsigned port, struct host_memory memory)
{
    pthread_mutex_lock(&lock);
    struct known_host *entry = find_or_add(host, port);
    if (entry) {
        entry->memory = memory;
        entry->learned_us = clock_boot_us();
    }
    pthread_mutex_unlock(&lock);
}

static bool is_trial_of(const struct known_host *entry, const char *endpoint)
{
    return entry && entry->doubt.is_open && strcmp(entry->doubt.endpoint, endpoint) == 0;
}

/* Otherwise, endpoints that take turns would put off each other's trial for ever. */
static bool is_others(const struct doubt *doubt, const char *endpoint, uint64_t now_us)
{
    return doubt->is_open && strcmp(doubt->endpoint, endpoint) != 0 &&
           now_us < doubt->opened_us + HTTP1_KEPT_US;
}

bool hosts_doubt_http2(const char *host, unsigned port, const char *endpoint, uint32_t distinct,
                       uint32_t asked)
{
    pthread_mutex_lock(&lock);
    uint64_t now_us = clock_boot_us();
    struct known_host *entry = find_or_add(host, port);
    bool is_new = entry && !entry->prefers_http1 && !is_others(&entry->doubt, endpoint, now_us) &&
                  (!entry->doubt.is_settled || now_us >= entry->doubt.settled_us + HTTP1_KEPT_US);
    if (is_new) {
        entry->doubt =
            (struct doubt){.distinct = distinct, .asked = asked, .is_open = true, .opened_us = now_us};
        snprintf(entry->doubt.endpoint, sizeof entry->doubt.endpoint, "%s", endpoint);
    }
    pthread_mutex_unlock(&lock);
    return is_new;
}

bool hosts_tries_http1(const char *host, unsigned port, const char *endpoint)
{
    pthread_mutex_lock(&lock);
    bool is_trial = is_trial_of(find(host, port), endpoint);
    pthread_mutex_unlock(&lock);
    return is_trial;
}

bool hosts_settle_doubt(const char *host, unsigned port, const char *endpoint, uint32_t distinct,
                        uint32_t asked)
{
    bool better = false;
    pthread_mutex_lock(&lock);
    struct known_host *entry = find(host, port);
    if (is_trial_of(entry, endpoint)) {
        struct doubt *doubt = &entry->doubt;
        better = (uint64_t)distinct * doubt->asked * 100 >
                 (uint64_t)doubt->distinct * asked * CLEARLY_MORE_PERCENT;
        entry->prefers_http1 = better;
        *doubt = (struct doubt){.is_settled = true, .settled_us = clock_boot_us()};
    }
    pthread_mutex_unlock(&lock);
    return better;
}

bool hosts_prefers_http1(const char *host, unsigned port)
{
    pthread_mutex_lock(&lock);
    const struct known_host *entry = find(host, port);
    bool prefers = entry && entry->prefers_http1;
    pthread_mutex_unlock(&lock);
    return prefers;
}

void hosts_offer_no_tickets(const char *host, unsigned port)
{
    pthread_mutex_lock(&lock);
    struct known_host *entry = find_or_add(host, port);
    if (entry)
        entry->breaks_on_tickets = true;
    pthread_mutex_unlock(&lock);
}

bool hosts_takes_tickets(const char *host, unsigned port)
{
    pthread_mutex_lock(&lock);
    const struct known_host *entry = find(host, port);
    bool takes = !entry || !entry->breaks_on_tickets;
    pthread_mutex_unlock(&lock);
    return takes;
}

int64_t hosts_clock_offset(const char *host, unsigned port)
{
    pthread_mutex_lock(&lock);
    const struct known_host *entry = find(host, port);
    int64_t offset_us = entry ? entry->clock_offset_us : 0;
    pthread_mutex_unlock(&lock);
    return offset_us;
}

void hosts_set_clock_offset(const char *host, unsigned port, int64_t offset_us)
{
    pthread_mutex_lock(&lock);
    struct known_host *entry = find_or_add(host, port);
    if (entry)
        entry->clock_offset_us = offset_us;
    pthread_mutex_unlock(&lock);
}
