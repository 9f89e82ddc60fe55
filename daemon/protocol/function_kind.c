#include "protocol/function_kind.h"

#include "base/cleanup.h"

#include <string.h>

static bool has_text(const struct json_document *document, const char *pointer, const char *text)
{
    CLEANUP_FREE char *found = json_document_text(document, pointer);
    return found && strcmp(found, text) == 0;
}

struct function_kind function_kind_read(const struct json_document *configuration)
{
    return (struct function_kind){
        .managed = json_document_has(configuration, "/CapacityProviderConfig"),
        .durable = json_document_has(configuration, "/DurableConfig"),
        .tenant_isolated = json_document_has(configuration, "/TenancyConfig"),
        .snapstart_idle = has_text(configuration, "/SnapStart/ApplyOn", "PublishedVersions") &&
                          has_text(configuration, "/SnapStart/OptimizationStatus", "Off"),
    };
}

const char *function_kind_warning(const struct function_kind *kind, const struct endpoint *endpoint, size_t i)
{
    const struct {
        bool applies;
        const char *text;
    } warnings[] = {
        {kind->managed,
         "it runs on Managed Instances (a capacity provider): there are no cold starts to "
         "avoid, and a volley may be "
         "throttled; warming is not recommended: remove this endpoint, or set enabled = false"},
        {kind->durable, "it is a durable function: each ping starts an execution, which AWS stores and "
                        "charges for; make the handler return before its first step, or don't warm it"},
        {kind->tenant_isolated && !endpoint->tenant_id,
         "it isolates tenants: without tenant_id AWS refuses its invocations; an endpoint warms the "
         "instances of one "
         "tenant"},
        {!kind->tenant_isolated && endpoint->tenant_id,
         "it does not isolate tenants: AWS refuses invocations with a tenant_id"},
        {kind->snapstart_idle && !kind->managed,
         "SnapStart is set, but not for $LATEST: it takes a published version, by qualifier or in the name"},
    };
    for (size_t at = 0; at < COUNT_OF(warnings); at++)
        if (warnings[at].applies && i-- == 0)
            return warnings[at].text;
    return NULL;
}
