/* What /_sim/stats, /_sim/requests and /_sim/echo say. */
#include "server.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *volley_json(const struct volley_stats *volley)
{
    double skew_us = (double)(volley->last_ns - volley->first_ns) / 1000.0;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:b, s:s}", "requests", (json_int_t)volley->requests,
                     "throttled", (json_int_t)volley->throttled, "distinct", (json_int_t)volley->distinct,
                     "cold", (json_int_t)volley->cold, "peak", (json_int_t)volley->peak, "skew_us", skew_us,
                     "clock_stepped", volley->clock_stepped, "http_version", volley->http_version);
}

static json_t *volleys_json(const struct function *function)
{
    json_t *list = json_array();
    uint64_t first = function->n_volleys > VOLLEYS_KEPT ? function->n_volleys - VOLLEYS_KEPT : 0;
    for (uint64_t i = first; i < function->n_volleys; i++)
        json_array_append_new(list, volley_json(&function->volleys[i % VOLLEYS_KEPT]));
    return list;
}

static void put_counters(json_t *json, const struct counters *counters, uint64_t alive)
{
    json_object_set_new(json, "requests", json_integer((json_int_t)counters->requests));
    json_object_set_new(json, "throttled", json_integer((json_int_t)counters->throttled));
    json_object_set_new(json, "failed", json_integer((json_int_t)counters->failed));
    json_object_set_new(json, "instances_born", json_integer((json_int_t)counters->instances_born));
    json_object_set_new(json, "cold_starts", json_integer((json_int_t)counters->cold_starts));
    json_object_set_new(json, "peak_concurrency", json_integer((json_int_t)counters->peak_concurrency));
    json_object_set_new(json, "instances_alive", json_integer((json_int_t)alive));
}

static json_t *function_json(struct server *server, struct function *function, uint64_t now_ns,
                             struct counters *sum, uint64_t *alive_sum)
{
    json_t *json = json_object();
    uint64_t alive = lambda_alive(&server->lambda, function, now_ns);
    put_counters(json, &function->counters, alive);
    json_object_set_new(json, "volleys", volleys_json(function));
    sum->requests += function->counters.requests;
    sum->throttled += function->counters.throttled;
    sum->failed += function->counters.failed;
    sum->instances_born += function->counters.instances_born;
    sum->cold_starts += function->counters.cold_starts;
    if (function->counters.peak_concurrency > sum->peak_concurrency)
        sum->peak_concurrency = function->counters.peak_concurrency;
    *alive_sum += alive;
    return json;
}

static json_t *holds_json(const struct function *function)
{
    return json_pack("{s:I, s:I, s:I}", "1", (json_int_t)lambda_distinct_at(function, 1000000), "5",
                     (json_int_t)lambda_distinct_at(function, 5000000), "20",
                     (json_int_t)lambda_distinct_at(function, 20000000));
}

char *stats_json(struct server *server)
{
    json_t *root = json_object(), *functions = json_object();
    struct counters sum = {0};
    uint64_t alive = 0, now_ns = monotonic_ns();
    struct function *last = server->lambda.last_used;
    for (struct function *function = server->lambda.functions; function; function = function->next)
        json_object_set_new(functions, function->path, function_json(server, function, now_ns, &sum, &alive));
    put_counters(root, &sum, alive);
    json_object_set_new(root, "distinct", json_integer((json_int_t)sum.instances_born));
    json_object_set_new(root, "connections_open", json_integer((json_int_t)server->n_open));
    json_object_set_new(root, "connections_total", json_integer((json_int_t)server->n_total));
    json_object_set_new(root, "functions", functions);
    json_object_set_new(root, "volley", last ? volley_json(function_volley(last)) : json_null());
    json_object_set_new(root, "volleys", last ? volleys_json(last) : json_array());
    json_object_set_new(root, "distinct_at_hold", last ? holds_json(last) : json_null());
    char *text = json_dumps(root, JSON_INDENT(1));
    json_decref(root);
    return text;
}

static json_t *text_json(const char *text)
{
    json_t *json = text ? json_string(text) : json_null();
    return json ? json : json_string("(not UTF-8)");
}

static json_t *request_json(const struct request *request)
{
    json_t *json = json_object(), *headers = json_object();
    char *path = request_path(request);
    const char *query = strchr(request->target, '?');
    json_object_set_new(json, "method", json_string(request->method));
    json_object_set_new(json, "path", text_json(path));
    json_object_set_new(json, "query", query ? text_json(query + 1) : json_null());
    for (size_t i = 0; i < request->n_headers; i++)
        json_object_set_new(headers, request->headers[i].name, text_json(request->headers[i].value));
    json_object_set_new(json, "headers", headers);
    json_object_set_new(json, "body", text_json(request->body));
    json_object_set_new(json, "http_version", json_string(request->http_version));
    json_object_set_new(json, "connection", json_integer((json_int_t)request->connection_number));
    free(path);
    return json;
}

char *requests_json(struct server *server, size_t last)
{
    json_t *list = json_array();
    uint64_t n = server->n_kept < REQUESTS_KEPT ? server->n_kept : REQUESTS_KEPT;
    n = last < n ? last : n;
    uint64_t first_ns = n ? server->kept[(server->n_kept - n) % REQUESTS_KEPT]->arrival_ns : 0;
    for (uint64_t i = server->n_kept - n; i < server->n_kept; i++) {
        const struct request *request = server->kept[i % REQUESTS_KEPT];
        json_t *json = request_json(request);
        json_object_set_new(json, "instance", json_string(request->instance));
        json_object_set_new(json, "cold", json_boolean(request->cold));
        json_object_set_new(json, "throttled", json_boolean(request->throttled));
        json_object_set_new(json, "arrival_us",
                            json_real((double)((int64_t)request->arrival_ns - (int64_t)first_ns) / 1000.0));
        json_array_append_new(list, json);
    }
    char *text = json_dumps(list, 0);
    json_decref(list);
    return text;
}

char *echo_json(const struct request *request)
{
    json_t *json = request_json(request);
    char *text = json_dumps(json, 0);
    json_decref(json);
    return text;
}
