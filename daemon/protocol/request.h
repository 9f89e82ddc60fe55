/* The request to a handler: what an endpoint's configuration makes for one index of a round. */
#ifndef WARMD_PROTOCOL_REQUEST_H
#define WARMD_PROTOCOL_REQUEST_H

#include "base/error.h"
#include "plan/plan.h"

/* Values for placeholders and protocol headers. */
struct request_values {
    const struct plan *plan; /* for its secrets */
    const char *url; /* the template to expand: the endpoint's, or the Invoke API's for its function */
    const char *round_id;
    uint32_t index; /* from 1 */
    uint32_t count;
    uint64_t hold_us;
};

struct request {
    const char *method; /* the endpoint's, or a constant */
    char *url;
    char **headers; /* "Name: value" */
    size_t n_headers;
    char *body; /* NULL: none */
    size_t body_length;
};

/* A function is called by POST, with the Invoke API's headers; the user's `body` replaces the protocol's
 * payload, and the user's header ours of the same name. Methods without a body (GET, HEAD) have no payload,
 * either. Fills RET_REQUEST, which the caller frees with request_free. -EINVAL: a template can't be expanded,
 * as ERROR says without any secret. -ENOMEM. */
int request_render(const struct endpoint *endpoint, const struct request_values *values,
                   struct request *ret_request, struct error *error);
/* Wipes (it may hold secrets) and frees. */
void request_free(struct request *request);

/* Is one of N HEADERS, each "Name: value", called NAME (which ends at its colon, if it has one), in any case?
 */
bool headers_have(char *const *headers, size_t n, const char *name);

#endif
