/* The pages under /_sim/, which bind no instance and aren't counted. */
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

/* NAN: it isn't a number, or is missing. */
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

/* What may be changed while it runs, named like its option. */
struct knob {
    const char *name;
    double most;
    double *real;   /* or */
    uint64_t *size; /* of UNIT */
    uint64_t unit;
};

static bool turn(const struct knob *knob, double value)
{
    if (value > knob->most || (knob->size && value < 0))
        return false;
    if (knob->size)
        *knob->size = (uint64_t)(value * (double)knob->unit);
    else if (knob->real)
        *knob->real = value;
    return true;
}

static void set(struct server *server, struct request *request)
{
    struct lambda_options *model = &server->lambda->options;
    const struct knob knobs[] = {{"cold", 1e7, NULL, &model->cold_ns, NS_PER_MS},
                                 {"handler", 1e7, NULL, &model->handler_ns, NS_PER_MS},
                                 {"idle-ttl", 1e7, NULL, &model->idle_ttl_ns, NS_PER_S},
                                 {"idle-ttl-max", 1e7, NULL, &model->idle_ttl_max_ns, NS_PER_S},
                                 {"max-age", 1e7, NULL, &model->max_age_ns, NS_PER_S},
                                 {"max-instances", 1e9, NULL, &model->max_instances, 1},
                                 {"account-limit", 1e9, NULL, &model->account_limit, 1},
                                 {"fail-rate", 1, &model->fail_rate, NULL, 0},
                                 {"function-error", 1, &model->error_rate, NULL, 0},
                                 {"clock-offset", 1e9, &server->options.clock_offset_s, NULL, 0}};
    bool any = false;
    for (size_t i = 0; i < sizeof knobs / sizeof knobs[0]; i++) {
        double value = number(request, knobs[i].name);
        any |= !isnan(value) && turn(&knobs[i], value);
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
