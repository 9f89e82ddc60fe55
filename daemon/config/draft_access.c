/* Signatures: whether there is one, for which region and service, and what contradicts it. */
#include "config/draft.h"
#include "plan/aws_host.h"
#include "plan/function_name.h"
#include "plan/partition.h"
#include "plan/syntax.h"

#include <inttypes.h>
#include <string.h>

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

static void check_headers(struct draft *draft)
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
        reader_warn_once(
            draft->reader,
            draft_blame(draft, draft_is_function(draft) ? KEY_ENDPOINT_URL : KEY_URL, KEY_AUTH),
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
        reader_warn_once(
            draft->reader, draft_blame(draft, KEY_URL, KEY_WARM),
            "a Lambda web function: one instance serves up to 128 requests at once, so warm = %" PRIu32
            " requests don't mean %" PRIu32 " instances",
            most, most);
    if (endpoint->http_version == HTTP_VERSION_2)
        reader_warn_once(draft->reader, draft_blame(draft, KEY_HTTP_VERSION, KEY_URL),
                         "a Lambda web function speaks HTTP/1.1 only");
}

static void finish_signed(struct draft *draft)
{
    struct origin origin = origin_of(draft);
    finish_region(draft, &origin);
    check_region(draft);
    if (!draft->endpoint.service)
        reader_keep(draft->reader, origin.service ? origin.service : "execute-api", &draft->endpoint.service);
    check_headers(draft);
    check_transport(draft);
}

static void finish_unsigned(struct draft *draft)
{
    static const enum endpoint_key keys[] = {KEY_REGION, KEY_SERVICE, KEY_PROFILE};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (draft_is_own(draft, keys[i]) && !draft->wrong[KEY_AUTH])
            reader_mistake(draft->reader, draft->given[keys[i]], "%s has no effect without auth = \"sigv4\"",
                           endpoint_key_names[keys[i]]);
        draft_drop(draft, keys[i]);
    }
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

void draft_finish_access(struct draft *draft)
{
    if (draft_is_function(draft) && !draft->given[KEY_AUTH])
        draft->endpoint.auth = AUTH_SIGV4;
    if (draft_is_function(draft))
        require_signature(draft);
    if (draft->endpoint.auth == AUTH_SIGV4)
        finish_signed(draft);
    else
        finish_unsigned(draft);
    check_web_function(draft);
}
