/* What kind of function it is, from GetFunctionConfiguration's answer, and what warming does for it. Pure.
 * Source: Lambda API reference, FunctionConfiguration, as of 2026. */
#ifndef WARMD_PROTOCOL_FUNCTION_KIND_H
#define WARMD_PROTOCOL_FUNCTION_KIND_H

#include "base/json.h"
#include "plan/plan.h"

#include <stdbool.h>

struct function_kind {
    bool managed;         /* runs on instances of a capacity provider (CapacityProviderConfig) */
    bool durable;         /* its invocations are durable executions (DurableConfig) */
    bool tenant_isolated; /* TenancyConfig */
    bool snapstart_idle;  /* SnapStart is set, but not in effect for what was asked for: $LATEST */
};

struct function_kind function_kind_read(const struct json_document *configuration);

/* What to know about warming ENDPOINT's function, number I from 0 on; NULL: no more. Constants. */
const char *function_kind_warning(const struct function_kind *kind, const struct endpoint *endpoint,
                                  size_t i);

#endif
