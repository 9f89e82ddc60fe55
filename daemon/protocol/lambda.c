#include "protocol/lambda.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "base/secret.h"

#include <errno.h>
#include <string.h>

enum { HEADERS_MAX = 2 };

static int add_url(const struct endpoint *endpoint, const char *origin, const char *action, struct text *url)
{
    const char *used = endpoint->endpoint_url ? endpoint->endpoint_url : origin;
    size_t length = used ? strlen(used) : 0;
    if (!used)
        return -EINVAL;
    while (length && used[length - 1] == '/')
        length--;
    text_add_bytes(url, used, length);
    text_add(url, "/2015-03-31/functions/");
    percent_encode(endpoint->function, strlen(endpoint->function), "", url);
    text_add(url, action);
    if (endpoint->qualifier) {
        text_add(url, "?Qualifier=");
        percent_encode(endpoint->qualifier, strlen(endpoint->qualifier), "", url);
    }
    return url->failed ? -ENOMEM : 0;
}

int lambda_url(const struct endpoint *endpoint, const char *origin, char **ret_url)
{
    CLEANUP_TEXT struct text plain = {0};
    struct text url = {0};
    int result = add_url(endpoint, origin, "/invocations", &plain);
    if (result < 0)
        return result;
    const char *at = plain.data;
    for (const char *brace; (brace = strstr(at, "${")); at = brace + 2) {
        text_add_bytes(&url, at, (size_t)(brace - at));
        text_add(&url, "$${");
    }
    text_add(&url, at);
    char *made = text_take(&url);
    if (!made)
        return -ENOMEM;
    *ret_url = made;
    return 0;
}

static int ask(const struct endpoint *endpoint, const char *origin, const char *method, const char *action,
               struct request *ret_request)
{
    CLEANUP_TEXT struct text url = {0};
    int result = add_url(endpoint, origin, action, &url);
    if (result < 0)
        return result;
    char **headers = calloc(HEADERS_MAX, sizeof *headers);
    if (!headers)
        return -ENOMEM;
    *ret_request = (struct request){.method = method, .url = text_take(&url), .headers = headers};
    return 0;
}

static int add_header(struct request *request, const char *name, const char *value)
{
    char *line = secret_join(name, value);
    if (!line)
        return -ENOMEM;
    request->headers[request->n_headers++] = line;
    return 0;
}

int lambda_dry_run(const struct endpoint *endpoint, const char *origin, struct request *ret_request)
{
    struct request request = {0};
    int result = ask(endpoint, origin, "POST", "/invocations", &request);
    if (result == 0)
        result = add_header(&request, "X-Amz-Invocation-Type: ", "DryRun");
    if (result == 0 && endpoint->tenant_id)
        result = add_header(&request, "X-Amz-Tenant-Id: ", endpoint->tenant_id);
    if (result < 0)
        request_free(&request);
    else
        *ret_request = request;
    return result;
}

int lambda_configuration(const struct endpoint *endpoint, const char *origin, struct request *ret_request)
{
    return ask(endpoint, origin, "GET", "/configuration", ret_request);
}

static bool has_text(const struct json_document *document, const char *pointer, const char *text)
{
    CLEANUP_FREE char *found = json_document_text(document, pointer);
    return found && strcmp(found, text) == 0;
}

struct lambda_kind lambda_kind_read(const struct json_document *configuration)
{
    return (struct lambda_kind){
        .managed = json_document_has(configuration, "/CapacityProviderConfig"),
        .durable = json_document_has(configuration, "/DurableConfig"),
        .tenant_isolated = json_document_has(configuration, "/TenancyConfig"),
        .snapstart_idle = has_text(configuration, "/SnapStart/ApplyOn", "PublishedVersions") &&
                          has_text(configuration, "/SnapStart/OptimizationStatus", "Off"),
    };
}

const char *lambda_kind_warning(const struct lambda_kind *kind, const struct endpoint *endpoint, size_t i)
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
