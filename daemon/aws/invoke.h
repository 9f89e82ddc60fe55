/* The Invoke API's URL for a function. Pure. Source: AWS's reference, Lambda API, Invoke. */
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

/* A request about the function that doesn't run it: without a body, signed like any other. */
struct invoke_question {
    const char *method;
    char *url;        /* not a template */
    char *headers[2]; /* "Name: value" */
    size_t n_headers;
};
/* May the function be invoked? 204: yes. Else it is refused as an invocation would be (protocol/answer.h
 * reads why). -EINVAL, -ENOMEM, as invoke_url. */
int invoke_dry_run_make(const struct endpoint *endpoint, const char *origin,
                        struct invoke_question *ret_question);
/* GetFunctionConfiguration: what kind of function is it? 200 with JSON (protocol/function_kind.h reads it).
 */
int invoke_configuration_make(const struct endpoint *endpoint, const char *origin,
                              struct invoke_question *ret_question);
void invoke_question_free(struct invoke_question *question);

#endif
