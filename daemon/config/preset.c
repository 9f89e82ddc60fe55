#include "config/preset.h"

#include "base/require.h"
#include "config/group.h"
#include "config/keys.h"

#include <string.h>

struct endpoint endpoint_preset(void)
{
    struct endpoint endpoint = {0};
    group_reset(&key_sections[PLACE_ENDPOINT], &endpoint);
    return endpoint;
}

/* Where an answer says something. */
struct source_of {
    enum extract_kind kind;
    const char *name;
};

/* A protocol's handlers. */
struct handlers {
    enum { NO_BODY = 1, BODY_TOO, ONLY_BODY } told_by;
    bool asks_to_hold;
    /* Where the answers of a URL, and of a function, name their instance and show that it was cold. A
     * function's headers are in its payload. */
    struct source_of instance[2], cold[2];
};

/* clang-format off */
#define NOWHERE {EXTRACT_NONE, NULL}
#define ANYWHERE {EXTRACT_ANY, NULL}
#define LOG_TAIL {EXTRACT_LOG_TAIL, NULL}
#define SERVER_ID {EXTRACT_JSON, "/serverId"}
#define HEADER(name) {EXTRACT_HEADER, name}

static const struct handlers protocols[PROTOCOL_AUTO + 1] = {
    [PROTOCOL_HEADER] = {NO_BODY, true, {HEADER("X-Lambda-Instance"), ANYWHERE}, {HEADER("X-Lambda-Cold"), ANYWHERE}},
    [PROTOCOL_AUTO] = {BODY_TOO, true, {ANYWHERE, ANYWHERE}, {ANYWHERE, ANYWHERE}},
    [PROTOCOL_OPENNEXT] = {ONLY_BODY, true, {SERVER_ID, SERVER_ID}, {NOWHERE, LOG_TAIL}},
    [PROTOCOL_LAMBDA_WARMER] = {ONLY_BODY, false, {NOWHERE, LOG_TAIL}, {NOWHERE, LOG_TAIL}},
    [PROTOCOL_LAMBDA_WARMER_PY] = {ONLY_BODY, false, {NOWHERE, LOG_TAIL}, {NOWHERE, LOG_TAIL}},
    [PROTOCOL_BREF] = {ONLY_BODY, false, {NOWHERE, NOWHERE}, {NOWHERE, LOG_TAIL}},
    [PROTOCOL_SERVERLESS_PLUGIN_WARMUP] = {BODY_TOO, false, {NOWHERE, NOWHERE}, {NOWHERE, LOG_TAIL}},
    [PROTOCOL_NONE] = {NO_BODY, false, {NOWHERE, NOWHERE}, {NOWHERE, LOG_TAIL}},
};
/* clang-format on */

bool is_told_by_body(enum warm_protocol protocol)
{
    return protocols[protocol].told_by == ONLY_BODY;
}

bool asks_to_hold(enum warm_protocol protocol)
{
    return protocols[protocol].asks_to_hold;
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
    static const struct source_of nowhere = NOWHERE;
    const struct handlers *handlers = &protocols[endpoint->protocol];
    REQUIRE(handlers->told_by); /* it has a row */
    bool answers = endpoint->mode != INVOKE_EVENT, is_function = endpoint->function, done = true;
    bool posts = is_function || endpoint->body || handlers->told_by != NO_BODY;
    if (!endpoint->method)
        done &= (endpoint->method = strdup(posts ? "POST" : "GET")) != NULL;
    if (!endpoint->expect && (endpoint->expect = calloc(1, sizeof *endpoint->expect))) {
        endpoint->expect[0] = (struct status_range){200, 299};
        endpoint->n_expect = 1;
    }
    if (!given_instance)
        done &= set_extract(&endpoint->instance, answers ? handlers->instance[is_function] : nowhere);
    if (!given_cold)
        done &= set_extract(&endpoint->cold, answers ? handlers->cold[is_function] : nowhere);
    return done && endpoint->expect;
}
