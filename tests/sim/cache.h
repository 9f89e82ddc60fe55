/* A cache in front of the functions, as API Gateway's stages and CDNs have: it repeats earlier answers. */
#ifndef SIM_CACHE_H
#define SIM_CACHE_H

#include "request.h"

struct cache;

struct cache *cache_new(void);
/* Takes NULL. */
void cache_free(struct cache *cache);
void cache_clear(struct cache *cache);
/* Answers REQUEST, with Age and X-Cache, if it can; false: it can't. */
bool cache_answer(struct cache *cache, struct request *request, uint64_t now_ns);
/* Keeps ANSWER to REQUEST for later ones, if it is a GET's 200; and says in ANSWER that it doesn't come from
 * the cache. */
void cache_keep(struct cache *cache, const struct request *request, struct answer *answer, uint64_t now_ns);

#endif
