#include "ping.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WARMER_DELAY_MS = 75, BREF_DELAY_MS = 10, HOLD_MAX_MS = 900000 /* Lambda's longest run */ };

bool ping_kind_of(const char *name, enum ping_kind *ret_kind)
{
    static const struct {
        const char *name;
        enum ping_kind kind;
    } kinds[] = {{"auto", PING_ANY},          {"none", PING_NONE},
                 {"header", PING_HEADER},     {"lambda-warmer", PING_LAMBDA_WARMER},
                 {"opennext", PING_OPENNEXT}, {"serverless-plugin-warmup", PING_WARMUP},
                 {"bref", PING_BREF},         {"lambda-warmer-py", PING_LAMBDA_WARMER}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0) {
            *ret_kind = kinds[i].kind;
            return true;
        }
    return false;
}

static const char *header(const json_t *event, const char *name)
{
    json_t *headers = json_object_get(event, "headers");
    for (void *at = json_object_iter(headers); at; at = json_object_iter_next(headers, at))
        if (strcasecmp(json_object_iter_key(at), name) == 0)
            return json_string_value(json_object_iter_value(at));
    return NULL;
}

static double capped(double ms)
{
    return ms > 0 && ms <= HOLD_MAX_MS ? ms : 0;
}

static double text_ms(const char *text)
{
    char *end = NULL;
    double ms = text ? strtod(text, &end) : 0;
    return end && *end == '\0' ? capped(ms) : 0;
}

/* lambda-warmer calls itself if `concurrency` is above 1, which this one doesn't do; otherwise it holds,
 * unless it is the first invocation. */
static double warmer_hold_ms(const json_t *event)
{
    double concurrency = json_number_value(json_object_get(event, "concurrency"));
    double invocation = json_number_value(json_object_get(event, "__WARMER_INVOCATION__"));
    return concurrency <= 1 && invocation > 1 ? WARMER_DELAY_MS : 0;
}

static bool is_text(const json_t *object, const char *key, const char *wanted)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text && strcmp(text, wanted) == 0;
}

static bool is_warmup(const json_t *event, const json_t *client_context)
{
    static const char source[] = "serverless-plugin-warmup";
    return is_text(event, "source", source) ||
           is_text(json_object_get(client_context, "custom"), "source", source);
}

static bool is_truthy(const json_t *value)
{
    return json_is_true(value) || json_number_value(value) != 0 ||
           (json_is_string(value) && json_string_length(value));
}

struct ping ping_of(enum ping_kind known, const json_t *event, const json_t *client_context)
{
    const char *warm = header(event, "x-lambda-warm");
    bool warmer = is_truthy(json_object_get(event, "warmer")), any = known == PING_ANY;
    bool counts = json_object_get(event, "concurrency") || json_object_get(event, "__WARMER_INVOCATION__");
    if ((any || known == PING_HEADER) && warm && *warm)
        return (struct ping){PING_HEADER, text_ms(header(event, "x-lambda-warm-hold"))};
    if ((any || known == PING_OPENNEXT) && is_text(event, "type", "warmer"))
        return (struct ping){PING_OPENNEXT, capped(json_number_value(json_object_get(event, "delay")))};
    if (warmer && (known == PING_LAMBDA_WARMER || (any && counts)))
        return (struct ping){PING_LAMBDA_WARMER, warmer_hold_ms(event)};
    if ((any || known == PING_WARMUP) && is_warmup(event, client_context))
        return (struct ping){PING_WARMUP, 0};
    if (warmer && (any || known == PING_BREF))
        return (struct ping){PING_BREF, BREF_DELAY_MS};
    return (struct ping){PING_NONE, 0};
}

static json_t *pack(json_t *json)
{
    if (!json)
        die_of_memory();
    return json;
}

json_t *ping_result(const struct ping *ping, const struct binding *binding)
{
    const char *id = binding->instance;
    switch (ping->kind) {
    case PING_HEADER:
        return pack(json_pack("{s:i,s:{s:s,s:s}}", "statusCode", 204, "headers", "X-Lambda-Instance", id,
                              "X-Lambda-Cold", binding->cold ? "1" : "0"));
    case PING_LAMBDA_WARMER:
        return pack(json_string("warmed"));
    case PING_WARMUP:
        return pack(json_string("Lambda is warm!"));
    case PING_OPENNEXT:
        return pack(json_pack("{s:s,s:s}", "serverId", id, "type", "warmer"));
    case PING_BREF:
        return pack(json_pack("[s]", "Lambda is warm"));
    case PING_NONE:
    case PING_ANY:
        break;
    }
    return pack(json_pack("{s:s,s:b}", "instance", id, "cold", binding->cold));
}

char *ping_log(const struct ping *ping, const json_t *event, const struct binding *binding,
               const char *function, const char *request_id, const char *now)
{
    if (ping->kind != PING_LAMBDA_WARMER)
        return NULL;
    const char *correlation = json_string_value(json_object_get(event, "__WARMER_CORRELATIONID__"));
    struct buffer out = {0};
    buffer_format(&out, "%s\t%s\tINFO\t{\n  action: 'warmer',\n  function: '%s',\n  id: '%s',\n", now,
                  request_id, function, binding->instance);
    buffer_format(&out, "  correlationId: '%s',\n  count: %d,\n  concurrency: %d,\n  warm: %s,\n",
                  correlation ? correlation : binding->instance,
                  (int)json_number_value(json_object_get(event, "__WARMER_INVOCATION__")),
                  (int)json_number_value(json_object_get(event, "__WARMER_CONCURRENCY__")),
                  binding->cold ? "false" : "true");
    buffer_format(&out, "  lastAccessed: null,\n  lastAccessedSeconds: null\n}\n");
    return out.block; /* nothing has been taken from its front */
}
