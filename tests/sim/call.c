#include "call.h"

#include "base64.h"
#include "dates.h"
#include "event.h"
#include "memory.h"
#include "server.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char account[] = "123456789012";
static const char prefix[] = "/2015-03-31/functions/";

bool call_names_function(const char *path, const char *action)
{
    size_t length = strlen(path), tail = strlen(action);
    return strncmp(path, prefix, sizeof prefix - 1) == 0 && length > sizeof prefix - 1 + tail &&
           strcmp(path + length - tail, action) == 0;
}

bool call_is_invoke(const char *path)
{
    return call_names_function(path, "/invocations");
}

static bool is_name(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("-_.", text[i]))
            return false;
    return length > 0;
}

static bool is_qualifier(const char *text)
{
    return strcmp(text, "$LATEST") == 0 || is_name(text, strlen(text));
}

bool function_name_parse(const char *text, char **ret_function, char **ret_qualifier)
{
    static const char kind[] = "function:";
    const char *name = text, *at = strstr(text, kind);
    if (at && (at == text || at[-1] == ':'))
        name = at + sizeof kind - 1;
    size_t length = strcspn(name, ":");
    const char *qualifier = name[length] ? name + length + 1 : NULL;
    if (!is_name(name, length) || (qualifier && !is_qualifier(qualifier)))
        return false;
    *ret_function = duplicate(name, length);
    *ret_qualifier = qualifier ? duplicate(qualifier, strlen(qualifier)) : NULL;
    return true;
}

char *function_arn(const struct server *server, const char *function, const char *qualifier)
{
    struct buffer out = {0};
    buffer_format(&out, "arn:aws:lambda:%s:%s:function:%s%s%s", server->options.region, account, function,
                  qualifier ? ":" : "", qualifier ? qualifier : "");
    return out.block;
}

/* Random enough: no two ids are the same, within a run or between runs. */
static void make_id(const struct server *server, char id[CALL_ID_TEXT])
{
    uint64_t a = server->options.lambda.names ^ (server->arrivals * UINT64_C(0x9e3779b97f4a7c15));
    uint64_t b = a * UINT64_C(0xbf58476d1ce4e5b9) ^ monotonic_ns();
    snprintf(id, CALL_ID_TEXT, "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-8%03" PRIx64 "-%012" PRIx64,
             a >> 32, (a >> 16) & 0xffff, a & 0xfff, b >> 52, b & UINT64_C(0xffffffffffff));
}

static json_t *parse(const char *text, size_t length)
{
    return json_loadb(text, length, JSON_DECODE_ANY, NULL);
}

static json_t *client_context_of(const struct request *request)
{
    const char *text = request_header(request, "x-amz-client-context");
    CLEANUP_BUFFER struct buffer decoded = {0};
    return text && base64_decode(text, &decoded) && decoded.length ? parse(decoded.data, decoded.length)
                                                                   : NULL;
}

static enum call_type type_of(const struct request *request, const char **ret_mistake)
{
    const char *type = request_header(request, "x-amz-invocation-type");
    if (!type || strcmp(type, "RequestResponse") == 0)
        return CALL_SYNC;
    if (strcmp(type, "Event") == 0)
        return CALL_EVENT;
    if (strcmp(type, "DryRun") != 0)
        *ret_mistake = "Value at 'invocationType' failed to satisfy constraint: Member must satisfy enum "
                       "value set: [Event, RequestResponse, DryRun]";
    return CALL_DRY_RUN;
}

/* Takes the function and its qualifier from the path and from ?Qualifier=. */
static void take_names(struct call *call, const struct request *request, const char *path,
                       const char **ret_mistake)
{
    const char *begin = path + sizeof prefix - 1;
    char *text = duplicate(begin, (size_t)(strrchr(path, '/') - begin));
    char *asked = request_parameter(request, "Qualifier");
    percent_decode(text);
    if (!function_name_parse(text, &call->function, &call->qualifier) || (asked && !is_qualifier(asked)))
        *ret_mistake =
            "Value at 'functionName' failed to satisfy constraint: Member must be a function's name "
            "or ARN";
    else if (asked && call->qualifier && strcmp(asked, call->qualifier) != 0)
        *ret_mistake = "The derived qualifier from the function name does not match the specified qualifier.";
    else if (!call->qualifier) {
        call->qualifier = asked ? asked : duplicate("$LATEST", strlen("$LATEST"));
        asked = NULL;
    }
    free(asked);
    free(text);
}

/* Instances belong to a version, and to a tenant if there is one. */
static char *invoke_key(const struct call *call, const struct request *request)
{
    const char *tenant = request_header(request, "x-amz-tenant-id");
    struct buffer out = {0};
    buffer_format(&out, "%s:%s%s%s", call->function, call->version, tenant ? "@" : "", tenant ? tenant : "");
    return out.block;
}

struct call *call_of_invoke(struct server *server, const struct request *request, const char *path,
                            const char **ret_mistake)
{
    struct call *call = allocate(sizeof *call);
    const char *version, *log_type = request_header(request, "x-amz-log-type");
    *ret_mistake = NULL;
    call->invoke = true;
    make_id(server, call->id);
    call->type = type_of(request, ret_mistake);
    call->with_tail = log_type && strcmp(log_type, "Tail") == 0;
    take_names(call, request, path, ret_mistake);
    if (*ret_mistake)
        return call;
    version = registry_version(&server->options.registry, call->function, call->qualifier);
    call->version = version ? duplicate(version, strlen(version)) : NULL;
    call->key = version ? invoke_key(call, request) : NULL;
    call->client_context = client_context_of(request);
    call->event = request->body.length ? parse(request->body.data, request->body.length) : json_object();
    call->ping = ping_of(server->options.known_ping, call->event, call->client_context);
    return call;
}

struct call *call_of_configuration(struct server *server, const struct request *request, const char *path,
                                   const char **ret_mistake)
{
    struct call *call = allocate(sizeof *call);
    const char *version;
    *ret_mistake = NULL;
    call->invoke = true;
    make_id(server, call->id);
    take_names(call, request, path, ret_mistake);
    version =
        *ret_mistake ? NULL : registry_version(&server->options.registry, call->function, call->qualifier);
    call->version = version ? duplicate(version, strlen(version)) : NULL;
    return call;
}

/* A handler looks at the event. A ping is also found in a body, for handlers behind a front that passes the
 * body on. */
struct call *call_of_front(struct server *server, const struct request *request, const char *path)
{
    struct call *call = allocate(sizeof *call);
    make_id(server, call->id);
    call->key = duplicate(path, strlen(path));
    json_t *body = request->body.length ? parse(request->body.data, request->body.length) : NULL;
    call->ping = ping_of(server->options.known_ping, body, NULL);
    if (server->exec) {
        call->event = event_of_front(request, path, call->id);
        json_decref(body);
    } else
        call->event = body;
    return call;
}

void call_fail(struct call *call, const char *type, const char *message)
{
    free(call->error_type);
    free(call->error_message);
    call->error_type = duplicate(type, strlen(type));
    call->error_message = duplicate(message, strlen(message));
}

void call_answer(const struct server *server, struct call *call, const struct binding *binding)
{
    char now[DATE_TEXT];
    CLEANUP_BUFFER struct buffer function = {0};
    buffer_format(&function, "%s:%s", call->function ? call->function : call->key,
                  call->version ? call->version : "$LATEST");
    date_rfc3339(now, server_wall_ms(server));
    if (binding->erred || (call->function && names_have(&server->options.registry.erring, call->function)))
        call_fail(call, "Error", "as asked for by --function-error");
    else
        call->result = ping_result(&call->ping, binding);
    call->log = ping_log(&call->ping, call->event, binding, function.data, call->id, now);
}

void call_free(struct call *call)
{
    if (!call)
        return;
    free(call->function);
    free(call->qualifier);
    free(call->version);
    free(call->key);
    json_decref(call->event);
    json_decref(call->client_context);
    json_decref(call->result);
    free(call->error_type);
    free(call->error_message);
    free(call->log);
    free(call);
}
