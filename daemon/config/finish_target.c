/* What is called, and how it is signed: completed, and checked for what contradicts it. */
#include "config/draft.h"

#include "plan/function_name.h"
#include "plan/partition.h"
#include "plan/syntax.h"

#include <inttypes.h>
#include <string.h>

/* The Invoke API has only one method. */
static void finish_method(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    if (draft_is_own(draft, KEY_METHOD) && !draft->wrong[KEY_METHOD] && strcmp(endpoint->method, "POST") != 0)
        reader_mistake(draft->reader, draft->given[KEY_METHOD], "a function can be called with POST only");
    reader_keep(draft->reader, "POST", &endpoint->method);
}

/* The request has only one qualifier: the one in the function's text, if it has one. */
static void finish_qualifier(struct draft *draft, const struct function_name *name)
{
    struct endpoint *endpoint = &draft->endpoint;
    if (!endpoint->qualifier || name->qualifier[0] == '\0')
        return;
    if (draft_is_own(draft, KEY_QUALIFIER) && strcmp(endpoint->qualifier, name->qualifier) != 0)
        reader_mistake(draft->reader, draft->given[KEY_QUALIFIER],
                       "qualifier '%s' contradicts function, which ends with ':%s'", endpoint->qualifier,
                       name->qualifier);
    free(endpoint->qualifier);
    endpoint->qualifier = NULL;
}

static void check_function_headers(struct draft *draft)
{
    static const struct {
        const char *name;
        const char *instead;
    } owned[] = {
        {"X-Amz-Invocation-Type", "use the key mode"},
        {"X-Amz-Log-Type", "instance = \"log-tail\" or cold = \"log-tail\" sets it"},
        {"X-Amz-Client-Context", "protocol \"serverless-plugin-warmup\" or \"auto\" sets it"},
        {"X-Amz-Tenant-Id", "use the key tenant_id"},
    };
    for (size_t i = 0; i < COUNT_OF(owned); i++) {
        const config_setting_t *setting = draft_header(draft, owned[i].name);
        if (setting)
            reader_mistake_once(draft->reader, setting, "%s can't be set for a function: %s", owned[i].name,
                                owned[i].instead);
    }
}

static void check_mode(struct draft *draft)
{
    if (draft->endpoint.mode == INVOKE_EVENT)
        draft_warn(draft, KEY_MODE, KEY_FUNCTION,
                   "mode = \"event\": the answer 202 says only that Lambda accepted the call: nothing "
                   "is proven, and the instances are not warmed at the same moment");
}

static void finish_function(struct draft *draft)
{
    struct function_name name;
    if (!draft_is_function(draft)) {
        draft_drop(draft, NEED_FUNCTION, true, " with url: it needs function");
        return;
    }
    if (!draft->given[KEY_PROTOCOL])
        draft->endpoint.protocol = PROTOCOL_AUTO;
    if (draft->endpoint.function && function_name_parse(draft->endpoint.function, &name, NULL) == 0)
        finish_qualifier(draft, &name);
    finish_method(draft);
    check_function_headers(draft);
    check_mode(draft);
}

/* What the function or the URL says about itself. */
struct origin {
    const char *service; /* NULL: nothing */
    char region[REGION_MAX + 1];
    const char *source; /* where the region comes from, for a message */
};

static struct origin origin_of(const struct draft *draft)
{
    struct origin origin = {0};
    struct function_name name = {0};
    struct aws_host host = {0};
    const char *target = draft_target(draft);
    if (draft->endpoint.function)
        function_name_parse(draft->endpoint.function, &name, NULL);
    if (target && aws_host_parse(target, &host)) {
        origin.service = host.service;
        origin.source = draft_is_function(draft) ? "endpoint_url" : "url";
        memcpy(origin.region, host.region, sizeof origin.region);
    }
    if (name.region[0] != '\0') {
        origin.source = "the function's ARN";
        memcpy(origin.region, name.region, sizeof origin.region);
    }
    if (draft_is_function(draft))
        origin.service = "lambda";
    return origin;
}

/* A host refuses signatures for any region but its own. */
static void finish_region(struct draft *draft, const struct origin *origin)
{
    struct endpoint *endpoint = &draft->endpoint;
    if (origin->region[0] == '\0')
        return;
    if (draft_is_own(draft, KEY_REGION) && endpoint->region && strcmp(endpoint->region, origin->region) != 0)
        reader_mistake(draft->reader, draft->given[KEY_REGION], "region '%s' contradicts %s, which says '%s'",
                       endpoint->region, origin->source, origin->region);
    reader_keep(draft->reader, origin->region, &endpoint->region);
}

/* A region newer than this program is named like the others. */
static void check_region(struct draft *draft)
{
    const char *region = draft->endpoint.region;
    const config_setting_t *setting = draft->given[KEY_REGION];
    if (!region || draft->wrong[KEY_REGION] || region_is_plausible(region))
        return;
    if (!setting)
        setting = draft->given[draft_is_function(draft) ? KEY_FUNCTION : KEY_URL];
    const char *near = region_suggestion(region);
    if (near)
        reader_warn_once(draft->reader, setting, "AWS has no region '%s'; did you mean \"%s\"?", region,
                         near);
    else
        reader_warn_once(draft->reader, setting,
                         "AWS has no region '%s'; regions have names such as eu-west-1", region);
}

static void check_signed_headers(struct draft *draft)
{
    static const char *const signing[] = {"Authorization", "X-Amz-Date", "X-Amz-Security-Token",
                                          "X-Amz-Content-Sha256"};
    for (size_t i = 0; i < COUNT_OF(signing); i++) {
        const config_setting_t *setting = draft_header(draft, signing[i]);
        if (setting)
            reader_mistake_once(draft->reader, setting,
                                "%s can't be set with auth = \"sigv4\": the signature sets it", signing[i]);
    }
}

static void check_transport(struct draft *draft)
{
    const char *target = draft_target(draft);
    if (target && !is_https(target) && !url_is_loopback(target))
        draft_warn(
            draft, draft_target_key(draft), KEY_AUTH,
            "signed requests over plain http: anyone on the network can read signatures and session tokens");
}

/* What makes N requests reach N instances doesn't work there. */
static void check_web_function(struct draft *draft)
{
    const struct endpoint *endpoint = &draft->endpoint;
    uint32_t most = endpoint_most_warm(endpoint);
    if (!endpoint->url || !url_is_web_function(endpoint->url))
        return;
    if (most > 1)
        draft_warn(draft, KEY_URL, KEY_WARM,
                   "a Lambda web function: one instance serves up to 128 requests at once, so warm = %" PRIu32
                   " requests don't mean %" PRIu32 " instances",
                   most, most);
    if (endpoint->http_version == HTTP_VERSION_2)
        draft_warn(draft, KEY_HTTP_VERSION, KEY_URL, "a Lambda web function speaks HTTP/1.1 only");
}

static void finish_signed(struct draft *draft)
{
    struct origin origin = origin_of(draft);
    finish_region(draft, &origin);
    check_region(draft);
    if (!draft->endpoint.service)
        reader_keep(draft->reader, origin.service ? origin.service : "execute-api", &draft->endpoint.service);
    check_signed_headers(draft);
    check_transport(draft);
}

/* The Invoke API always wants a signature; a user's own host may not. */
static void require_signature(struct draft *draft)
{
    if (draft->endpoint.auth == AUTH_SIGV4 || draft->given[KEY_ENDPOINT_URL])
        return;
    if (draft_is_own(draft, KEY_AUTH) && !draft->wrong[KEY_AUTH])
        reader_mistake(
            draft->reader, draft->given[KEY_AUTH],
            "auth = \"none\" needs an endpoint_url: AWS's Invoke API accepts signed requests only");
    draft->endpoint.auth = AUTH_SIGV4;
}

static void finish_access(struct draft *draft)
{
    if (draft_is_function(draft) && !draft->given[KEY_AUTH])
        draft->endpoint.auth = AUTH_SIGV4;
    if (draft_is_function(draft))
        require_signature(draft);
    if (draft->endpoint.auth == AUTH_SIGV4)
        finish_signed(draft);
    else
        draft_drop(draft, NEED_SIGNATURE, !draft->wrong[KEY_AUTH], " without auth = \"sigv4\"");
    check_web_function(draft);
}

void finish_target(struct draft *draft)
{
    if (!draft_has_target(draft))
        return;
    finish_function(draft);
    finish_access(draft);
}
