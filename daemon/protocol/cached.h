/* Did a cache answer? */
#ifndef WARMD_PROTOCOL_CACHED_H
#define WARMD_PROTOCOL_CACHED_H

#include <stdbool.h>

/* Values of the headers in which caches say so; NULL: not sent. */
struct cache_headers {
    const char *age;             /* RFC 9111, 5.1 */
    const char *x_cache;         /* CloudFront's, Fastly's: "Hit from cloudfront", "MISS, HIT" */
    const char *cache_status;    /* RFC 9211: "Cache; hit" */
    const char *cf_cache_status; /* Cloudflare's: HIT, STALE, UPDATING */
};

/* The name of the header that shows that no instance was asked for this answer, with its value in RET_VALUE,
 * or NULL. A cache that asked whether its copy is still good ("RefreshHit", REVALIDATED) did ask an
 * instance. */
const char *cached_by(const struct cache_headers *headers, const char **ret_value);

#endif
