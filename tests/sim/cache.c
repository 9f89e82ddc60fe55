#include "cache.h"

#include "connection.h"
#include "memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 1024, HEADERS = 8 };

struct entry {
    char *target;
    struct {
        char *name, *value;
    } headers[HEADERS];
    size_t n_headers;
    struct buffer body;
    uint64_t since_ns;
};

struct cache {
    struct entry *entries[ENTRIES];
    size_t n;
};

struct cache *cache_new(void)
{
    return allocate(sizeof(struct cache));
}

static char *copy(const char *text)
{
    return duplicate(text, strlen(text));
}

static void entry_free(struct entry *entry)
{
    for (size_t i = 0; i < entry->n_headers; i++) {
        free(entry->headers[i].name);
        free(entry->headers[i].value);
    }
    buffer_free(&entry->body);
    free(entry->target);
    free(entry);
}

void cache_clear(struct cache *cache)
{
    while (cache->n)
        entry_free(cache->entries[--cache->n]);
}

void cache_free(struct cache *cache)
{
    if (cache)
        cache_clear(cache);
    free(cache);
}

static struct entry *find(struct cache *cache, const char *target)
{
    for (size_t i = 0; i < cache->n; i++)
        if (strcmp(cache->entries[i]->target, target) == 0)
            return cache->entries[i];
    return NULL;
}

bool cache_answer(struct cache *cache, struct request *request, uint64_t now_ns)
{
    char age[24];
    bool get = strcmp(request->method, "GET") == 0;
    const struct entry *entry = get ? find(cache, request->target) : NULL;
    if (!entry)
        return false;
    struct answer answer = {.status = 200, .body = entry->body.data, .body_length = entry->body.length};
    uint64_t age_ns = now_ns > entry->since_ns ? now_ns - entry->since_ns : 0;
    snprintf(age, sizeof age, "%" PRIu64, age_ns / NS_PER_S);
    for (size_t i = 0; i < entry->n_headers; i++)
        answer_header(&answer, entry->headers[i].name, entry->headers[i].value);
    answer_header(&answer, "Age", age);
    answer_header(&answer, "X-Cache", "Hit from simulated cache");
    connection_answer(request, &answer);
    return true;
}

void cache_keep(struct cache *cache, const struct request *request, struct answer *answer, uint64_t now_ns)
{
    bool get = strcmp(request->method, "GET") == 0;
    if (get && answer->status == 200 && cache->n < ENTRIES && !find(cache, request->target)) {
        struct entry *entry = cache->entries[cache->n++] = allocate(sizeof *entry);
        entry->target = copy(request->target);
        for (size_t i = 0; i < answer->n_headers && i < HEADERS; i++) {
            entry->headers[i].name = copy(answer->headers[i].name);
            entry->headers[i].value = copy(answer->headers[i].value);
            entry->n_headers++;
        }
        buffer_add(&entry->body, answer->body, answer->body_length);
        entry->since_ns = now_ns;
    }
    answer_header(answer, "X-Cache", "Miss from simulated cache");
}
