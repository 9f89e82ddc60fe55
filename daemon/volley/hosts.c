#include "volley/hosts.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t HTTP1_KEPT_US = 3600 * US_PER_S;

/* As many entries as hosts are configured: a list will do. */
struct known_host {
    struct known_host *next;
    struct host_memory memory;
    uint64_t learned_us;
    unsigned port;
    char host[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct known_host *known;

static struct known_host *find(const char *host, unsigned port)
{
    for (struct known_host *entry = known; entry; entry = entry->next)
        if (entry->port == port && strcmp(entry->host, host) == 0)
            return entry;
    return NULL;
}

struct host_memory hosts_recall(const char *host, unsigned port)
{
    struct host_memory memory = {0};
    uint64_t now_us = clock_boot_us();
    pthread_mutex_lock(&lock);
    const struct known_host *entry = find(host, port);
    if (entry && (entry->memory.spoken != SPOKEN_HTTP1 || now_us - entry->learned_us < HTTP1_KEPT_US))
        memory = entry->memory;
    pthread_mutex_unlock(&lock);
    return memory;
}

void hosts_remember(const char *host, unsigned port, struct host_memory memory)
{
    pthread_mutex_lock(&lock);
    struct known_host *entry = find(host, port);
    if (!entry) {
        size_t length = strlen(host) + 1;
        entry = calloc(1, sizeof *entry + length);
        if (entry) {
            memcpy(entry->host, host, length);
            entry->port = port;
            entry->next = known;
            known = entry;
        }
    }
    if (entry) {
        entry->memory = memory;
        entry->learned_us = clock_boot_us();
    }
    pthread_mutex_unlock(&lock);
}
