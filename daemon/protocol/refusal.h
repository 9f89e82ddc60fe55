/* Why an answer doesn't count: AWS refused, the function failed, or a cache answered. Pure. */
#ifndef WARMD_PROTOCOL_REFUSAL_H
#define WARMD_PROTOCOL_REFUSAL_H

#include "base/json.h"
#include "base/redact.h"
#include "base/text.h"
#include "plan/plan.h"
#include "record/sample.h"

/* An answer that is not an expected one. */
struct refused {
    int status;
    const char *error_type;           /* X-Amzn-ErrorType; NULL: none */
    const char *location;             /* of a redirect; NULL: none */
    const struct text *text;          /* its body, as far as kept */
    const struct json_document *body; /* NULL: none, or not JSON */
    const char *why_no_json;          /* "is not JSON: …", if it begins like JSON; else NULL */
    const struct redactor *redactor;
};

struct refusal {
    enum cause cause;
    char *detail; /* one line, cut to SAMPLE_DETAIL_MAX, not yet escaped; NULL: the cause says it all. Owned
                     by the holder. */
};

/* AWS's refusals: 429 from anyone; 400, 401 and 403 from a signed endpoint; anything from the Invoke API. For
 * anyone's other statuses, the cause says which, and the detail what the answer says, or where a redirect
 * leads. The detail never has the message of a refused signature: it quotes what was signed, including the
 * session token. */
struct refusal refusal_read(const struct endpoint *endpoint, const struct refused *refused);

/* A function that failed: AWS's KIND ("Unhandled") and the payload's message. The payload is REFUSED's
 * body. */
struct refusal refusal_of_function(const char *kind, const struct refused *refused);

/* Values of the headers in which caches say so; NULL: not sent. */
struct cache_headers {
    const char *age;             /* RFC 9111, 5.1 */
    const char *x_cache;         /* CloudFront's, Fastly's: "Hit from cloudfront", "MISS, HIT" */
    const char *cache_status;    /* RFC 9211: "Cache; hit" */
    const char *cf_cache_status; /* Cloudflare's: HIT, STALE, UPDATING */
};
/* A cache answered, as the detail says, with no instance behind it. One that asked whether its copy is still
 * good ("RefreshHit", REVALIDATED) did ask an instance. False: none did. */
bool refusal_by_cache(const struct cache_headers *headers, const struct redactor *redactor,
                      struct refusal *ret_refusal);

#endif
