/* Where the Invoke API is for a function. Pure. Source: AWS's reference, Lambda API, Invoke. */
#ifndef WARMD_AWS_INVOKE_H
#define WARMD_AWS_INVOKE_H

#include "plan/plan.h"

/* The URL of ENDPOINT's function, a new string of the caller's:
 *   ORIGIN/2015-03-31/functions/NAME/invocations?Qualifier=LIVE
 * where ORIGIN is the Invoke API's (service_origin), unless the endpoint has an `endpoint_url` of its own. A
 * name or an ARN is percent-encoded as SDKs do it: all but A-Z a-z 0-9 - . _ ~. It is a template for
 * request_render without placeholders: a "${" in it is escaped. -EINVAL: neither ORIGIN nor endpoint_url.
 * -ENOMEM. */
int invoke_url(const struct endpoint *endpoint, const char *origin, char **ret_url);

/* What asks whether the function may be invoked, without doing it: a POST without a body, to be signed like
 * any. 204: it may. Else it is refused as an invocation would be (protocol/answer.h reads why). */
struct invoke_dry_run {
    char *url;        /* no template */
    char *headers[2]; /* "Name: value" */
    size_t n_headers;
};
int invoke_dry_run_make(const struct endpoint *endpoint, const char *origin,
                        struct invoke_dry_run *ret_dry_run);
void invoke_dry_run_free(struct invoke_dry_run *dry_run);

#endif
