/* What /_sim/stats, /_sim/requests and /_sim/echo say. */
#include "json.h"
#include "memory.h"
#include "server.h"

#include <stdlib.h>
#include <string.h>

static void put(json_t *json, const char *name, uint64_t value)
{
    json_object_set_new(json, name, json_integer((json_int_t)value));
}

static json_t *volley_json(const struct function *function, const struct volley *volley)
{
    json_t *json = json_object();
    json_object_set_new(json, "function", json_text(function->path, strlen(function->path)));
    put(json, "requests", volley->requests);
    put(json, "throttled", volley->throttled);
    put(json, "distinct", volley->distinct);
    put(json, "cold", volley->cold);
    put(json, "peak", volley->peak);
    json_object_set_new(json, "skew_us",
                        json_real((double)(volley->last_ns - volley->first_ns) / (double)NS_PER_US));
    json_object_set_new(json, "clock_stepped", json_boolean(volley->clock_stepped));
    json_object_set_new(json, "http_version", json_string(volley->http_version));
    return json;
}

/* A volley and its function. */
struct place {
    const struct function *function;
    const struct volley *volley;
};

static int compare_places(const void *a, const void *b)
{
    uint64_t x = ((const struct place *)a)->volley->serial, y = ((const struct place *)b)->volley->serial;
    return (x > y) - (x < y);
}

static uint64_t first_kept(const struct function *function)
{
    return function->n_volleys > VOLLEYS_KEPT ? function->n_volleys - VOLLEYS_KEPT : 0;
}

/* Puts FUNCTION's volleys, oldest first, in PLACES. Returns how many. */
static size_t collect(const struct function *function, struct place *places)
{
    uint64_t first = first_kept(function);
    for (uint64_t i = first; i < function->n_volleys; i++)
        *places++ = (struct place){function, &function->volleys[i % VOLLEYS_KEPT]};
    return (size_t)(function->n_volleys - first);
}

static json_t *function_volleys(const struct function *function)
{
    json_t *list = json_array();
    uint64_t first = first_kept(function);
    for (uint64_t i = first; i < function->n_volleys; i++)
        json_array_append_new(list, volley_json(function, &function->volleys[i % VOLLEYS_KEPT]));
    return list;
}

/* The last volleys of all functions. */
static json_t *all_volleys(const struct lambda *lambda)
{
    size_t n = 0, functions = 0;
    for (const struct function *at = lambda->functions; at; at = at->next)
        functions++;
    struct place *places = allocate((functions + 1) * VOLLEYS_KEPT * sizeof *places);
    for (const struct function *at = lambda->functions; at; at = at->next)
        n += collect(at, places + n);
    qsort(places, n, sizeof *places, compare_places);
    size_t skipped = n > VOLLEYS_KEPT ? n - VOLLEYS_KEPT : 0;
    json_t *list = json_array();
    for (size_t i = skipped; i < n; i++)
        json_array_append_new(list, volley_json(places[i].function, places[i].volley));
    free(places);
    return list;
}

static void put_counters(json_t *json, const struct counters *counters, uint64_t alive)
{
    put(json, "requests", counters->requests);
    put(json, "throttled", counters->throttled);
    put(json, "failed", counters->failed);
    put(json, "instances_born", counters->instances_born);
    put(json, "instances_alive", alive);
    put(json, "peak_concurrency", counters->peak_concurrency);
    put(json, "cold_starts", counters->cold_starts);
    put(json, "distinct", counters->instances_born); /* an instance is born when it is bound */
}

static json_t *functions_json(struct lambda *lambda, uint64_t now_ns, uint64_t *ret_alive)
{
    json_t *functions = json_object();
    for (struct function *at = lambda->functions; at; at = at->next) {
        uint64_t alive = lambda_alive(lambda, at, now_ns);
        json_t *json = json_object(), *name = json_text(at->path, strlen(at->path));
        put_counters(json, &at->counters, alive);
        json_object_set_new(json, "volleys", function_volleys(at));
        json_object_set_new(functions, json_string_value(name), json);
        json_decref(name);
        *ret_alive += alive;
    }
    return functions;
}

static json_t *distinct_json(const struct function *function)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } holds[] = {{"1", 1}, {"5", 5}, {"20", 20}};
    json_t *json = json_object();
    for (size_t i = 0; i < sizeof holds / sizeof holds[0]; i++) {
        size_t distinct;
        if (lambda_distinct_at(function, holds[i].ms * NS_PER_MS, &distinct))
            put(json, holds[i].name, distinct);
        else
            json_object_set_new(json, holds[i].name, json_null());
    }
    return json;
}

char *stats_json(struct server *server, uint64_t now_ns)
{
    struct lambda *lambda = server->lambda;
    const struct function *last = lambda->last;
    uint64_t alive = 0;
    json_t *root = json_object(), *functions = functions_json(lambda, now_ns, &alive);
    put_counters(root, &lambda->counters, alive);
    put(root, "connections_open", server->n_open);
    put(root, "connections_total", server->n_total);
    put(root, "tls_handshakes", server->n_handshakes);
    put(root, "tls_resumed", server->n_resumed);
    json_object_set_new(root, "volley", last ? volley_json(last, function_volley(last)) : json_null());
    json_object_set_new(root, "distinct_at_hold", last ? distinct_json(last) : json_null());
    json_object_set_new(root, "volleys", all_volleys(lambda));
    json_object_set_new(root, "functions", functions);
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}

/* By name, in lower case; repeated headers are joined. */
static json_t *headers_json(const struct request *request)
{
    json_t *headers = json_object();
    for (size_t i = 0; i < request->n_headers; i++) {
        const char *name = request->headers[i].name, *value = request->headers[i].value;
        json_t *text = json_text(value, strlen(value)), *before = json_object_get(headers, name);
        if (before) {
            json_t *joined = json_sprintf("%s, %s", json_string_value(before), json_string_value(text));
            json_decref(text);
            text = joined;
        }
        json_object_set_new(headers, name, text);
    }
    return headers;
}

static json_t *request_json(const struct request *request)
{
    json_t *json = json_object();
    size_t path = strcspn(request->target, "?");
    const char *query = request->target[path] ? request->target + path + 1 : NULL;
    json_object_set_new(json, "method", json_string(request->method));
    json_object_set_new(json, "path", json_text(request->target, path));
    json_object_set_new(json, "query", query ? json_text(query, strlen(query)) : json_null());
    json_object_set_new(json, "headers", headers_json(request));
    json_object_set_new(json, "body", json_text(request->body.data, request->body.length));
    put(json, "body_bytes", request->body.length);
    json_object_set_new(json, "http_version", json_string(request->http_version));
    put(json, "connection", request->connection_number);
    return json;
}

char *requests_json(const struct recent *recent, size_t last)
{
    json_t *list = json_array();
    size_t n = 0;
    while (n < last && recent_get(recent, n))
        n++;
    uint64_t first_ns = n ? recent_get(recent, n - 1)->arrival.ns : 0;
    while (n-- > 0) {
        const struct request *request = recent_get(recent, n);
        json_t *json = request_json(request);
        json_object_set_new(json, "instance", json_string(request->binding.instance));
        json_object_set_new(json, "cold", json_boolean(request->binding.cold));
        double arrival_us = (double)(int64_t)(request->arrival.ns - first_ns) / (double)NS_PER_US;
        json_object_set_new(json, "arrival_us", json_real(arrival_us));
        json_array_append_new(list, json);
    }
    char *text = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    return text;
}

char *echo_json(const struct request *request)
{
    json_t *json = request_json(request);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}
