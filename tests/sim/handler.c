/* How a request is answered: by the service, by the model, or by a process that is an instance. */
#include "configuration.h"
#include "event.h"
#include "exec.h"
#include "imds.h"
#include "invoke.h"
#include "json.h"
#include "memory.h"
#include "record.h"
#include "refusal.h"
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOLD_MAX_MS = 900000 /* Lambda's longest run */ };

/* "75" or "7.5" and nothing else; -1: not a number. */
static double decimal(const char *text)
{
    if (!*text || text[strspn(text, "0123456789.")])
        return -1;
    char *end;
    double value = strtod(text, &end);
    return *end ? -1 : value;
}

/* How long a request asks its handler to stay busy, in its headers or its event. A handler that is a process
 * holds on its own, or doesn't. */
static uint64_t hold_ns(const struct server *server, const struct request *request)
{
    if (server->exec || !server->options.honours_hold)
        return 0;
    const char *hold = request_header(request, "x-lambda-warm-hold");
    double ms = request->call ? request->call->ping.hold_ms : 0;
    bool by_header = hold && request_header(request, "x-lambda-warm") &&
                     !(request->call && request->call->invoke) &&
                     (server->options.known_ping == PING_ANY || server->options.known_ping == PING_HEADER);
    double header_ms = by_header ? decimal(hold) : 0;
    ms = header_ms > ms && header_ms <= HOLD_MAX_MS ? header_ms : ms;
    return (uint64_t)(ms * (double)NS_PER_MS);
}

static void answer_json(struct request *request, int status, const char *type, const char *json)
{
    struct answer answer = {.status = status, .body = json, .body_length = strlen(json)};
    answer_header(&answer, "Content-Type", "application/json");
    if (type)
        answer_header(&answer, "x-amzn-ErrorType", type);
    if (request->call)
        answer_header(&answer, "X-Amzn-RequestId", request->call->id);
    connection_answer(request, &answer);
}

static void answer_refusal(struct request *request, struct refusal refusal)
{
    answer_json(request, refusal.status, refusal.type, refusal.body);
    free(refusal.body);
}

static void answer_throttled(struct request *request)
{
    bool invoke = request->call && request->call->invoke;
    if (invoke && request->call->type == CALL_EVENT)
        invoke_accept(request); /* AWS would try again later */
    else if (invoke)
        answer_refusal(request, refusal_of_throttle(request->binding.by_account));
    else
        answer_json(request, 429, "TooManyRequestsException", "{\"message\":\"Rate Exceeded.\"}");
}

/* The status that a request asks for with ?status=; 200 without it. */
static int asked_status(const struct request *request)
{
    char *text = request_parameter(request, "status");
    double status = text ? decimal(text) : 200;
    free(text);
    return status > 100 && status < 600 ? (int)status : 200;
}

static bool will_fail(const struct server *server, const struct request *request)
{
    const struct call *call = request->call;
    return call && call->invoke ? names_have(&server->options.registry.erring, call->function)
                                : asked_status(request) >= 500;
}

static void bind_request(struct server *server, struct request *request, const char *key)
{
    struct arrival arrival = {.path = key,
                              .at_ns = request->arrival.ns,
                              .hold_ns = hold_ns(server, request),
                              .http_version = request->http_version,
                              .clock_stepped = request->arrival.clock_stepped,
                              .fails = !server->exec && will_fail(server, request),
                              .open = server->exec != NULL};
    lambda_bind(server->lambda, &arrival, &request->binding);
}

/* What a runtime tells a handler besides its event. The caller drops the reference. */
static json_t *context_of(const struct server *server, const struct call *call)
{
    const char *function = call->function ? call->function : call->key + (*call->key == '/');
    const char *version = call->version ? call->version : "$LATEST";
    bool latest = !call->qualifier || strcmp(call->qualifier, "$LATEST") == 0;
    char *arn = function_arn(server, function, latest ? NULL : call->qualifier);
    json_t *client = call->client_context ? json_incref(call->client_context) : json_null();
    json_t *arn_text = json_text(arn, strlen(arn)), *name = json_text(function, strlen(function));
    json_t *context =
        json_pack("{s:s,s:o,s:s,s:o,s:o}", "awsRequestId", call->id, "functionName", name, "functionVersion",
                  version, "invokedFunctionArn", arn_text, "clientContext", client);
    free(arn);
    if (!context)
        die_of_memory();
    return context;
}

/* Passes it to its instance's process, unless the service fails first. */
static enum taken run(struct server *server, struct request *request)
{
    struct call *call = request->call;
    json_t *json = json_pack("{s:O,s:o}", "event", call->event, "context", context_of(server, call));
    char *line = json_take(json);
    bool sent = !request->binding.failed && exec_send(server->exec, request->binding.number, request, line);
    free(line);
    if (sent)
        return TAKEN_OPEN;
    request->binding.failed = true;
    lambda_finish(server->lambda, request->binding.open, request->binding.end_ns, false);
    return TAKEN_DUE;
}

void exec_done(struct server *server, struct request *request, const json_t *answer, const char *how)
{
    struct call *call = request->call;
    struct binding *binding = &request->binding;
    const json_t *error = json_object_get(answer, "error");
    const char *type = json_string_value(json_object_get(error, "errorType"));
    const char *message = json_string_value(json_object_get(error, "errorMessage"));
    const char *log = json_string_value(json_object_get(answer, "log"));
    uint64_t now_ns = monotonic_ns();
    if (!answer)
        call_fail(call, "Runtime.ExitError", how);
    else if (error)
        call_fail(call, type ? type : "Error", message ? message : "");
    else
        call->result = json_incref(json_object_get(answer, "result"));
    call->log = log ? duplicate(log, strlen(log)) : NULL;
    binding->end_ns = now_ns > binding->end_ns ? now_ns : binding->end_ns;
    if (binding->open && answer)
        lambda_finish(server->lambda, binding->open, binding->end_ns, error != NULL);
    else if (binding->open)
        lambda_crash(server->lambda, binding->open);
    binding->open = NULL;
    server_due(server, request);
}

static enum taken take_call(struct server *server, struct request *request, const char *path)
{
    struct call *call = request->call;
    if (call && call->invoke && call->type == CALL_DRY_RUN) {
        invoke_accept(request);
        return TAKEN_ANSWERED;
    }
    bind_request(server, request, call ? call->key : path);
    if (request->binding.throttled) {
        answer_throttled(request);
        return TAKEN_ANSWERED;
    }
    recent_add(server->recent, request);
    if (call && call->type == CALL_EVENT)
        invoke_accept(request);
    return server->exec ? run(server, request) : TAKEN_DUE;
}

static enum taken take_function(struct server *server, struct request *request, const char *path)
{
    const char *mistake = NULL;
    bool invoke = server->options.invoke_api && call_is_invoke(path);
    bool may_ping = request->body.length && request->body.data[0] == '{';
    struct refusal refusal;
    if (invoke)
        request->call = call_of_invoke(server, request, path, &mistake);
    if (refuses(server, request, request->call, mistake, &refusal)) {
        answer_refusal(request, refusal);
        return TAKEN_ANSWERED;
    }
    if (!invoke && server->cache && cache_answer(server->cache, request, request->arrival.ns))
        return TAKEN_ANSWERED;
    if (!invoke && (server->exec || may_ping))
        request->call = call_of_front(server, request, path);
    return take_call(server, request, path);
}

enum taken handler_take(struct server *server, struct request *request)
{
    static const char pages[] = "/_sim/";
    char *path = request_path(request);
    enum taken taken = TAKEN_ANSWERED;
    request->binding.end_ns = request->arrival.ns;
    bool is_page = strncmp(path, pages, sizeof pages - 1) == 0;
    if (request->too_large)
        answer_json(request, 413, NULL, "{\"message\":\"Request Too Long\"}");
    else if (is_page)
        page_answer(server, request, path + sizeof pages - 1);
    else if (!imds_take(server, request, path)) {
        if (server->record_fd >= 0)
            record_add(server->record_fd, request);
        if (server->options.invoke_api && is_configuration(request, path))
            configuration_answer(server, request, path);
        else
            taken = take_function(server, request, path);
    }
    free(path);
    return taken;
}

/* What the handler says: a new string. */
static char *handler_body(const struct server *server, const struct request *request)
{
    char *path = request_path(request);
    json_t *json = json_object();
    if (server->options.with_identity) {
        json_object_set_new(json, "instance", json_string(request->binding.instance));
        json_object_set_new(json, "cold", json_boolean(request->binding.cold));
    }
    json_object_set_new(json, "path", json_text(path, strlen(path)));
    json_object_set_new(json, "method", json_string(request->method));
    free(path);
    return json_take(json);
}

static void add_identity(const struct server *server, const struct request *request, struct answer *answer)
{
    if (!server->options.with_identity)
        return;
    answer_header(answer, "X-Lambda-Instance", request->binding.instance);
    answer_header(answer, "X-Lambda-Cold", request->binding.cold ? "1" : "0");
}

static void answer_front(struct server *server, struct request *request, struct answer *answer)
{
    if (server->cache)
        cache_keep(server->cache, request, answer, monotonic_ns());
    connection_answer(request, answer);
}

static void answer_as_handler(struct server *server, struct request *request)
{
    char *location = request_parameter(request, "location"), *age = request_parameter(request, "age");
    char *body = handler_body(server, request);
    struct answer answer = {.status = asked_status(request), .body = body, .body_length = strlen(body)};
    answer_header(&answer, "Content-Type", "application/json");
    add_identity(server, request, &answer);
    if (location)
        answer_header(&answer, "Location", location);
    if (age)
        answer_header(&answer, "Age", age);
    answer_front(server, request, &answer);
    free(location);
    free(age);
    free(body);
}

/* What the front makes of what the function returned. */
static void answer_result(struct server *server, struct request *request, const struct call *call)
{
    struct front_answer result;
    front_answer_of(call->result, &result);
    struct answer answer = {.status = result.status,
                            .body = result.body.data ? result.body.data : "",
                            .body_length = result.body.length};
    for (size_t i = 0; i < result.n_headers; i++)
        answer_header(&answer, result.headers[i].name, result.headers[i].value);
    if (!server->exec && call->ping.kind != PING_HEADER)
        add_identity(server, request, &answer);
    answer_front(server, request, &answer);
    front_answer_free(&result);
}

/* ?rst=CODE and ?goaway=CODE, for tests. */
static bool abort_if_asked(struct request *request)
{
    char *rst = request_parameter(request, "rst"), *goaway = request_parameter(request, "goaway");
    const char *code = rst ? rst : goaway;
    bool asked = code != NULL;
    if (asked)
        connection_abort(request, (uint32_t)strtoul(code, NULL, 10), goaway != NULL);
    free(rst);
    free(goaway);
    return asked;
}

void handler_answer(struct server *server, struct request *request)
{
    struct call *call = request->call;
    bool is_ping = call && call->ping.kind != PING_NONE;
    if (!request->connection || request->answered || abort_if_asked(request))
        return;
    if (call && !server->exec && (call->invoke || is_ping))
        call_answer(server, call, &request->binding);
    if (request->binding.failed && call && call->invoke)
        answer_refusal(request, refusal_of_service());
    else if (request->binding.failed) /* the front's words, not the handler's */
        answer_json(request, 500, NULL, "{\"message\":\"Internal Server Error\"}");
    else if (call && call->invoke)
        invoke_answer(server, request);
    else if (request->binding.erred || (call && call->error_type))
        answer_json(request, 502, NULL, "{\"message\":\"Internal server error\"}");
    else if (call && (server->exec || is_ping))
        answer_result(server, request, call);
    else
        answer_as_handler(server, request);
}
