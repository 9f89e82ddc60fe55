/* What a request is answered: by the model, or by one of the pages under /_sim/. */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Uniform in [0, 1), SplitMix64. */
static double draw(struct server *server)
{
    uint64_t mixed = server->random += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((mixed ^ mixed >> 31) >> 11) / 9007199254740992.0;
}

static uint64_t hold_ns(const struct server *server, const struct request *request)
{
    const char *hold = request_header(request, "x-lambda-warm-hold");
    double ms = hold && server->options.honours_hold ? strtod(hold, NULL) : 0;
    return ms > 0 && ms < 600000 ? (uint64_t)(ms * 1e6) : 0;
}

/* The last requests are kept for /_sim/requests. */
static void keep(struct server *server, struct request *request)
{
    struct request **place = &server->kept[server->n_kept++ % REQUESTS_KEPT];
    request_free(*place);
    *place = request;
}

static void send_json(struct request *request, int status, char *json)
{
    struct answer answer = {
        .status = status, .headers = {{"Content-Type", "application/json"}}, .n_headers = 1};
    answer.body = json ? json : "{}";
    answer.body_length = strlen(answer.body);
    connection_answer(request->connection, request, &answer);
    free(json);
}

static void answer_page(struct server *server, struct request *request, const char *page)
{
    if (strcmp(page, "stats") == 0 && strcmp(request->method, "GET") == 0)
        send_json(request, 200, stats_json(server));
    else if (strcmp(page, "requests") == 0 && strcmp(request->method, "GET") == 0) {
        char *last = request_parameter(request, "last");
        send_json(request, 200, requests_json(server, last ? strtoul(last, NULL, 10) : REQUESTS_KEPT));
        free(last);
    } else if (strcmp(page, "echo") == 0)
        send_json(request, 200, echo_json(request));
    else if (strcmp(page, "reset") == 0 && strcmp(request->method, "POST") == 0) {
        lambda_reset(&server->lambda);
        send_json(request, 200, strdup("{\"reset\":true}"));
    } else
        send_json(request, 404, strdup("{\"message\":\"Not Found\"}"));
}

bool handler_take(struct server *server, struct request *request)
{
    char *path = request_path(request);
    struct binding binding;
    if (!path)
        abort();
    if (strncmp(path, "/_sim/", 6) == 0) {
        answer_page(server, request, path + 6);
        request_free(request);
        free(path);
        return true;
    }
    if (!lambda_bind(&server->lambda, path, request->arrival_ns, hold_ns(server, request),
                     request->http_version, &binding))
        abort();
    request->bound = true;
    request->throttled = binding.throttled;
    request->cold = binding.cold;
    request->due_ns = binding.end_ns;
    memcpy(request->instance, binding.instance, sizeof request->instance);
    free(path);
    return false;
}

static void answer_throttled(struct request *request)
{
    static const char body[] = "{\"message\":\"Rate Exceeded.\"}";
    struct answer answer = {
        .status = 429,
        .headers = {{"Content-Type", "application/json"}, {"x-amzn-ErrorType", "TooManyRequestsException"}},
        .n_headers = 2,
        .body = body,
        .body_length = sizeof body - 1};
    connection_answer(request->connection, request, &answer);
}

static void add(struct answer *answer, const char *name, const char *value)
{
    answer->headers[answer->n_headers].name = name;
    answer->headers[answer->n_headers++].value = value;
}

static void answer_bound(struct server *server, struct request *request)
{
    char *status = request_parameter(request, "status"), *location = request_parameter(request, "location");
    char *age = request_parameter(request, "age"), *path = request_path(request);
    char body[512];
    struct answer answer = {.status = status ? atoi(status) : 200, .body = body};
    if (answer.status < 200 || answer.status > 599)
        answer.status = 200;
    if (draw(server) < server->options.fail_rate)
        answer.status = 500;
    if (answer.status >= 500)
        lambda_note_failed(&server->lambda, path);
    int n = server->options.with_identity ? snprintf(body, sizeof body, "{\"instance\":\"%s\",\"cold\":%s}\n",
                                                     request->instance, request->cold ? "true" : "false")
                                          : snprintf(body, sizeof body, "{\"message\":\"hello\"}\n");
    answer.body_length = (size_t)n;
    add(&answer, "Content-Type", "application/json");
    if (server->options.with_identity) {
        add(&answer, "X-Lambda-Instance", request->instance);
        add(&answer, "X-Lambda-Cold", request->cold ? "1" : "0");
    }
    if (location)
        add(&answer, "Location", location);
    if (age)
        add(&answer, "Age", age);
    connection_answer(request->connection, request, &answer);
    free(status);
    free(location);
    free(age);
    free(path);
}

/* ?rst=CODE and ?goaway=CODE, for tests. */
static bool abort_if_asked(struct request *request)
{
    char *rst = request_parameter(request, "rst"), *goaway = request_parameter(request, "goaway");
    const char *code = rst ? rst : goaway;
    if (code)
        connection_abort(request->connection, request, (uint32_t)strtoul(code, NULL, 10), goaway != NULL);
    bool asked = code != NULL;
    free(rst);
    free(goaway);
    return asked;
}

void handler_answer(struct server *server, struct request *request)
{
    if (abort_if_asked(request))
        ;
    else if (request->throttled)
        answer_throttled(request);
    else
        answer_bound(server, request);
    request->connection = NULL;
    keep(server, request);
}
