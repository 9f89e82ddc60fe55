/* The pages under /_sim/, which bind no instance and count for nothing. */
#include "memory.h"
#include "server.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RECENT_DEFAULT = 100 };

static void answer_json(struct request *request, int status, const char *json)
{
    struct answer answer = {.status = status, .body = json, .body_length = strlen(json)};
    answer_header(&answer, "Content-Type", "application/json");
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

static void reset(struct server *server, struct request *request)
{
    lambda_reset(server->lambda);
    recent_clear(server->recent);
    if (server->cache)
        cache_clear(server->cache);
    server->n_total = server->n_open;
    answer_json(request, 200, "{\"reset\":true}");
}

/* NAN: it is none, or isn't there. */
static double number(const struct request *request, const char *name)
{
    char *text = request_parameter(request, name), *end = NULL;
    double value = text && *text ? strtod(text, &end) : NAN;
    bool good = end && *end == '\0' && isfinite(value);
    free(text);
    return good ? value : NAN;
}

static void answer_requests(struct server *server, struct request *request)
{
    double n = number(request, "last");
    if (isnan(n))
        n = RECENT_DEFAULT;
    answer_page_json(request, requests_json(server->recent, n > 0 ? (size_t)n : 0));
}

/* New code: the instances of the old one take no more requests. */
static void deploy(struct server *server, struct request *request)
{
    char *function = request_parameter(request, "function"), *version = request_parameter(request, "version");
    char *alias = request_parameter(request, "alias");
    if (function && *function) {
        if (version && *version)
            registry_deploy(&server->options.registry, function, alias, version);
        lambda_deploy(server->lambda, function);
        answer_json(request, 200, "{\"deployed\":true}");
    } else
        answer_json(request, 400, "{\"message\":\"?function=NAME is missing\"}");
    free(function);
    free(version);
    free(alias);
}

/* What may be changed while it runs: as the options of these names. */
static bool set_one(struct server *server, const char *name, double value)
{
    struct lambda_options *model = &server->lambda->options;
    const struct {
        const char *name;
        uint64_t *to;
        uint64_t unit;
    } sizes[] = {
        {"cold", &model->cold_ns, NS_PER_MS},        {"handler", &model->handler_ns, NS_PER_MS},
        {"idle-ttl", &model->idle_ttl_ns, NS_PER_S}, {"idle-ttl-max", &model->idle_ttl_max_ns, NS_PER_S},
        {"max-age", &model->max_age_ns, NS_PER_S},   {"max-instances", &model->max_instances, 1},
        {"account-limit", &model->account_limit, 1}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (strcmp(name, sizes[i].name) == 0 && value >= 0 && value <= 1e9) {
            *sizes[i].to = (uint64_t)(value * (double)sizes[i].unit);
            return true;
        }
    double *share = strcmp(name, "fail-rate") == 0        ? &model->fail_rate
                    : strcmp(name, "function-error") == 0 ? &model->error_rate
                    : strcmp(name, "clock-offset") == 0   ? &server->options.clock_offset_s
                                                          : NULL;
    if (share)
        *share = value;
    return share != NULL;
}

static void set(struct server *server, struct request *request)
{
    static const char *const names[] = {"cold",           "handler",       "idle-ttl",      "idle-ttl-max",
                                        "max-age",        "max-instances", "account-limit", "fail-rate",
                                        "function-error", "clock-offset"};
    bool any = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        double value = number(request, names[i]);
        any |= !isnan(value) && set_one(server, names[i], value);
    }
    answer_json(request, any ? 200 : 400, any ? "{\"set\":true}" : "{\"message\":\"nothing to set\"}");
}

void page_answer(struct server *server, struct request *request, const char *page)
{
    static const struct {
        const char *name;
        void (*act)(struct server *server, struct request *request);
    } acts[] = {{"reset", reset}, {"deploy", deploy}, {"set", set}};
    bool get = strcmp(request->method, "GET") == 0, post = strcmp(request->method, "POST") == 0;
    for (size_t i = 0; post && i < sizeof acts / sizeof acts[0]; i++)
        if (strcmp(page, acts[i].name) == 0) {
            acts[i].act(server, request);
            return;
        }
    if (strcmp(page, "stats") == 0 && get)
        answer_page_json(request, stats_json(server, request->arrival.ns));
    else if (strcmp(page, "requests") == 0 && get)
        answer_requests(server, request);
    else if (strcmp(page, "echo") == 0 && strcmp(request->method, "HEAD") != 0)
        answer_page_json(request, echo_json(request));
    else
        answer_json(request, 404, "{\"message\":\"Not Found\"}");
}
