/* What a request is answered: by the model, or by one of the pages under /_sim/. */
#include "json.h"
#include "memory.h"
#include "record.h"
#include "server.h"

#include <stdlib.h>
#include <string.h>

enum { HOLD_MAX_MS = 900000 /* Lambda's longest run */, RECENT_DEFAULT = 100 };

/* "75" or "7.5" and nothing else; -1: not a number. */
static double decimal(const char *text)
{
    if (!*text || text[strspn(text, "0123456789.")])
        return -1;
    char *end;
    double value = strtod(text, &end);
    return *end ? -1 : value;
}

/* How long a request that speaks the protocol asks its handler to stay busy. */
static uint64_t hold_ns(const struct server *server, const struct request *request)
{
    const char *hold = request_header(request, "x-lambda-warm-hold");
    if (!hold || !server->options.honours_hold || !request_header(request, "x-lambda-warm"))
        return 0;
    double ms = decimal(hold);
    return ms > 0 && ms <= HOLD_MAX_MS ? (uint64_t)(ms * (double)NS_PER_MS) : 0;
}

static void answer_json(struct request *request, int status, const char *json)
{
    struct answer answer = {.status = status, .body = json, .body_length = strlen(json)};
    answer_header(&answer, "Content-Type", "application/json");
    if (status == 429)
        answer_header(&answer, "x-amzn-ErrorType", "TooManyRequestsException");
    connection_answer(request, &answer);
}

/* Takes JSON. */
static void answer_page_json(struct request *request, char *json)
{
    if (!json)
        die_of_memory();
    answer_json(request, 200, json);
    free(json);
}

static void reset(struct server *server)
{
    lambda_reset(server->lambda);
    recent_clear(server->recent);
    server->n_total = server->n_open;
}

static void answer_requests(struct server *server, struct request *request)
{
    char *last = request_parameter(request, "last");
    double n = last ? decimal(last) : RECENT_DEFAULT;
    answer_page_json(request, requests_json(server->recent, n > 0 ? (size_t)n : 0));
    free(last);
}

static void answer_page(struct server *server, struct request *request, const char *page)
{
    bool get = strcmp(request->method, "GET") == 0, post = strcmp(request->method, "POST") == 0;
    if (strcmp(page, "stats") == 0 && get)
        answer_page_json(request, stats_json(server, request->arrival.ns));
    else if (strcmp(page, "requests") == 0 && get)
        answer_requests(server, request);
    else if (strcmp(page, "echo") == 0 && strcmp(request->method, "HEAD") != 0)
        answer_page_json(request, echo_json(request));
    else if (strcmp(page, "reset") == 0 && post) {
        reset(server);
        answer_json(request, 200, "{\"reset\":true}");
    } else
        answer_json(request, 404, "{\"message\":\"Not Found\"}");
}

/* The status that a request asks for with ?status=, else 200. */
static int asked_status(const struct request *request)
{
    char *text = request_parameter(request, "status");
    double status = text ? decimal(text) : 200;
    free(text);
    return status > 100 && status < 600 ? (int)status : 200;
}

static void bind_request(struct server *server, struct request *request, const char *path)
{
    struct arrival arrival = {.path = path,
                              .at_ns = request->arrival.ns,
                              .hold_ns = hold_ns(server, request),
                              .http_version = request->http_version,
                              .clock_stepped = request->arrival.clock_stepped,
                              .fails = asked_status(request) >= 500};
    lambda_bind(server->lambda, &arrival, &request->binding);
}

bool handler_take(struct server *server, struct request *request)
{
    static const char pages[] = "/_sim/";
    char *path = request_path(request);
    bool bound = false;
    request->binding.end_ns = request->arrival.ns;
    bool is_page = strncmp(path, pages, sizeof pages - 1) == 0;
    if (server->record_fd >= 0 && !is_page)
        record_add(server->record_fd, request);
    if (request->too_large)
        answer_json(request, 413, "{\"message\":\"Request Too Long\"}");
    else if (is_page)
        answer_page(server, request, path + sizeof pages - 1);
    else {
        bind_request(server, request, path);
        bound = !request->binding.throttled;
        if (bound)
            recent_add(server->recent, request);
        else
            answer_json(request, 429, "{\"message\":\"Rate Exceeded.\"}");
    }
    free(path);
    return bound;
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
    char *body = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    free(path);
    if (!body)
        die_of_memory();
    return body;
}

static void answer_as_handler(struct server *server, struct request *request)
{
    char *location = request_parameter(request, "location"), *age = request_parameter(request, "age");
    char *body = handler_body(server, request);
    struct answer answer = {.status = asked_status(request), .body = body, .body_length = strlen(body)};
    answer_header(&answer, "Content-Type", "application/json");
    if (server->options.with_identity) {
        answer_header(&answer, "X-Lambda-Instance", request->binding.instance);
        answer_header(&answer, "X-Lambda-Cold", request->binding.cold ? "1" : "0");
    }
    if (location)
        answer_header(&answer, "Location", location);
    if (age)
        answer_header(&answer, "Age", age);
    connection_answer(request, &answer);
    free(location);
    free(age);
    free(body);
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
    if (!request->connection || abort_if_asked(request))
        return;
    if (request->binding.failed)
        answer_json(request, 500,
                    "{\"message\":\"Internal Server Error\"}"); /* the front's words, not the handler's */
    else
        answer_as_handler(server, request);
}
