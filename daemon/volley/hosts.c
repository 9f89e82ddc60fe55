#include "volley/hosts.h"

#include "base/clock.h"

#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t HTTP1_KEPT_US = 3600 * US_PER_S;

struct known_host {
    struct host_memory memory;
    uint64_t learned_us;
    int64_t clock_offset_us;
    unsigned port;
    const char *host; /* behind the struct */
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
    /* A sum, for a difference would underflow should another thread have learned it in the meantime. */
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
