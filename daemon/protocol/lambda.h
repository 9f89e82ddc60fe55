/* The Lambda API: the URL that invokes a function, two questions about it that don't run it, and what kind of
 * function it is. Pure. Sources: AWS's reference, Lambda API, Invoke and FunctionConfiguration, as of 2026.
 */
#ifndef WARMD_PROTOCOL_LAMBDA_H
#define WARMD_PROTOCOL_LAMBDA_H

#include "base/json.h"
#include "protocol/request.h"

/* The URL of ENDPOINT's function, a new string of the caller's:
 *   ORIGIN/2015-03-31/functions/NAME/invocations?Qualifier=LIVE
 * where ORIGIN is the Invoke API's (aws/service.h), unless the endpoint has an `endpoint_url` of its own. A
 * name or an ARN is percent-encoded as SDKs do it: all but A-Z a-z 0-9 - . _ ~. It is a template for
 * request_render without placeholders: a "${" in it is escaped. -EINVAL: neither ORIGIN nor endpoint_url.
 * -ENOMEM. */
int lambda_url(const struct endpoint *endpoint, const char *origin, char **ret_url);

/* May the function be invoked? 204: yes. Else it is refused as an invocation would be (protocol/answer.h
 * reads why). RET_REQUEST, without a body, is signed like any other; the caller frees it with request_free.
 * -EINVAL, -ENOMEM, as lambda_url. */
int lambda_dry_run(const struct endpoint *endpoint, const char *origin, struct request *ret_request);
/* The same for GetFunctionConfiguration: 200 with JSON, for lambda_kind_read. */
int lambda_configuration(const struct endpoint *endpoint, const char *origin, struct request *ret_request);

struct lambda_kind {
    bool managed;         /* runs on instances of a capacity provider (CapacityProviderConfig) */
    bool durable;         /* its invocations are durable executions (DurableConfig) */
    bool tenant_isolated; /* TenancyConfig */
    bool snapstart_idle;  /* SnapStart is set, but not in effect for what was asked for: $LATEST */
};

struct lambda_kind lambda_kind_read(const struct json_document *configuration);

/* What to know about warming ENDPOINT's function, number I from 0 on; NULL: no more. Constants. */
const char *lambda_kind_warning(const struct lambda_kind *kind, const struct endpoint *endpoint, size_t i);

#endif
