#include "config/preset.h"

#include "config/group.h"
#include "config/keys.h"

#include <string.h>

struct endpoint endpoint_preset(void)
{
    struct endpoint endpoint = {0};
    group_reset(&key_sections[PLACE_ENDPOINT], &endpoint);
    return endpoint;
}

bool is_told_by_body(enum warm_protocol protocol)
{
    return protocol == PROTOCOL_LAMBDA_WARMER || protocol == PROTOCOL_LAMBDA_WARMER_PY ||
           protocol == PROTOCOL_OPENNEXT || protocol == PROTOCOL_BREF;
}

static const char *preset_method(const struct endpoint *endpoint)
{
    bool body = endpoint->body || is_told_by_body(endpoint->protocol) ||
                endpoint->protocol == PROTOCOL_AUTO || /* both tell in a header, too */
                endpoint->protocol == PROTOCOL_SERVERLESS_PLUGIN_WARMUP;
    return endpoint->function || body ? "POST" : "GET";
}

/* Where an answer says something. */
struct source_of {
    enum extract_kind kind;
    const char *name;
};

/* Where a handler of the protocol names its instance; a function's answer headers are in its payload. */
static struct source_of preset_instance(const struct endpoint *endpoint)
{
    switch (endpoint->protocol) {
    case PROTOCOL_HEADER:
        return endpoint->function ? (struct source_of){EXTRACT_ANY, NULL}
                                  : (struct source_of){EXTRACT_HEADER, "X-Lambda-Instance"};
    case PROTOCOL_AUTO:
        return (struct source_of){EXTRACT_ANY, NULL};
    case PROTOCOL_LAMBDA_WARMER:
    case PROTOCOL_LAMBDA_WARMER_PY:
        return (struct source_of){endpoint->function ? EXTRACT_LOG_TAIL : EXTRACT_NONE, NULL};
    case PROTOCOL_OPENNEXT:
        return (struct source_of){EXTRACT_JSON, "/serverId"};
    default:
        return (struct source_of){EXTRACT_NONE, NULL};
    }
}

/* Where its answer shows that it was cold. */
static struct source_of preset_cold(const struct endpoint *endpoint)
{
    if (endpoint->protocol == PROTOCOL_HEADER && !endpoint->function)
        return (struct source_of){EXTRACT_HEADER, "X-Lambda-Cold"};
    if (endpoint->protocol == PROTOCOL_HEADER || endpoint->protocol == PROTOCOL_AUTO)
        return (struct source_of){EXTRACT_ANY, NULL};
    return (struct source_of){endpoint->function ? EXTRACT_LOG_TAIL : EXTRACT_NONE, NULL};
}

/* False: memory ran out. */
static bool set_extract(struct extract *extract, struct source_of preset)
{
    free(extract->name);
    *extract = (struct extract){preset.kind, preset.name ? strdup(preset.name) : NULL};
    return extract->name || !preset.name;
}

bool endpoint_preset_rest(struct endpoint *endpoint, bool given_instance, bool given_cold)
{
    struct source_of nowhere = {EXTRACT_NONE, NULL};
    bool answers = endpoint->mode != INVOKE_EVENT;
    bool done = true;
    if (!endpoint->method)
        done &= (endpoint->method = strdup(preset_method(endpoint))) != NULL;
    if (!endpoint->expect && (endpoint->expect = calloc(1, sizeof *endpoint->expect))) {
        endpoint->expect[0] = (struct status_range){200, 299};
        endpoint->n_expect = 1;
    }
    if (!given_instance)
        done &= set_extract(&endpoint->instance, answers ? preset_instance(endpoint) : nowhere);
    if (!given_cold)
        done &= set_extract(&endpoint->cold, answers ? preset_cold(endpoint) : nowhere);
    return done && endpoint->expect;
}
