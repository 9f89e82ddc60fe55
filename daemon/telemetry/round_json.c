#include "telemetry/round_json.h"

#include "base/clock.h"
#include "base/text.h"

#include <jansson.h>
#include <string.h>

static json_t *number_or_null(bool known, uint64_t number)
{
    return known ? json_integer((json_int_t)number) : json_null();
}

/* Text from an endpoint may be any bytes; JSON is UTF-8. */
static json_t *text_or_null(const char *text)
{
    if (!text)
        return json_null();
    json_t *string = json_string(text);
    if (string)
        return string;
    CLEANUP_FREE char *escaped = text_escape(text, strlen(text));
    return escaped ? json_string(escaped) : json_null();
}

static uint64_t since_us(uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? (to_ns - from_ns) / NS_PER_US : 0;
}

static json_t *request_json(const struct sample *sample, uint64_t first_release_ns)
{
    char cause[CAUSE_NAME_MAX];
    bool released = sample->release_ns != 0;
    bool answered = released && sample->first_byte_ns;
    json_t *request = json_object();
    json_object_set_new(request, "index", json_integer(sample->index));
    json_object_set_new(request, "attempt", json_integer(sample->attempt));
    json_object_set_new(request, "status", number_or_null(sample->status, (uint64_t)sample->status));
    json_object_set_new(request, "instance", text_or_null(sample->instance));
    json_object_set_new(request, "cold",
                        sample->cold == COLD_UNKNOWN ? json_null() : json_boolean(sample->cold == COLD_YES));
    json_object_set_new(request, "release_us",
                        number_or_null(released, since_us(first_release_ns, sample->release_ns)));
    json_object_set_new(request, "first_byte_us",
                        number_or_null(answered, since_us(sample->release_ns, sample->first_byte_ns)));
    json_object_set_new(request, "total_us",
                        number_or_null(released, since_us(sample->release_ns, sample->end_ns)));
    json_object_set_new(request, "error",
                        sample->outcome == OUTCOME_OK
                            ? json_null()
                            : json_string(cause_name(sample->cause, sample->status, cause)));
    return request;
}

static json_t *requests_json(const struct round *round)
{
    uint64_t first_ns = UINT64_MAX;
    for (size_t i = 0; i < round->n_samples; i++)
        if (round->samples[i].release_ns && round->samples[i].release_ns < first_ns)
            first_ns = round->samples[i].release_ns;
    json_t *requests = json_array();
    for (size_t i = 0; i < round->n_samples; i++)
        json_array_append_new(requests, request_json(&round->samples[i], first_ns));
    return requests;
}

static json_t *causes_json(const struct round *round)
{
    char name[CAUSE_NAME_MAX];
    json_t *causes = json_object();
    for (size_t i = 0; i < round->n_causes; i++)
        json_object_set_new(causes, cause_name(round->causes[i].cause, round->causes[i].status, name),
                            json_integer(round->causes[i].n));
    return causes;
}

static json_t *round_json(const struct round *round, bool distinct)
{
    const struct attempt *best = round_best(round), *last = round_last(round);
    json_t *json = json_object();
    json_object_set_new(json, "endpoint", json_string(round->endpoint));
    json_object_set_new(json, "round", json_string(round->id));
    json_object_set_new(json, "target", json_integer(round->target));
    json_object_set_new(json, "sent", json_integer(round->sent));
    json_object_set_new(json, "ok", json_integer(round->ok));
    json_object_set_new(json, "failed", json_integer(round->failed));
    json_object_set_new(json, "throttled", json_integer(round->throttled));
    json_object_set_new(json, "distinct", number_or_null(round->distinct_known, round->distinct));
    json_object_set_new(json, "cold", number_or_null(round->cold_known, round->cold));
    json_object_set_new(json, "peak", json_integer(best->peak));
    json_object_set_new(json, "skew_us", json_integer((json_int_t)best->skew_us));
    json_object_set_new(json, "connect_us", json_integer((json_int_t)best->connect_us));
    json_object_set_new(json, "p50_us", json_integer((json_int_t)round->p50_us));
    json_object_set_new(json, "p99_us", json_integer((json_int_t)round->p99_us));
    json_object_set_new(json, "max_us", json_integer((json_int_t)round->max_us));
    json_object_set_new(json, "hold_us", json_integer((json_int_t)last->hold_us));
    json_object_set_new(json, "attempts", json_integer(round->n_attempts));
    json_object_set_new(json, "http_version",
                        last->http_version == HTTP_VERSION_AUTO
                            ? json_null()
                            : json_string(http_version_name(last->http_version)));
    json_object_set_new(json, "cost_microusd", number_or_null(round->cost_known, round_cost_microusd(round)));
    json_object_set_new(json, "met", json_boolean(round_is_met(round, distinct)));
    json_object_set_new(json, "errors", causes_json(round));
    json_object_set_new(json, "requests", requests_json(round));
    return json;
}

char *rounds_json(struct round *const *rounds, size_t n, bool distinct)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, round_json(rounds[i], distinct));
    json_t *root = json_pack("{s:i, s:o}", "version", 1, "rounds", list);
    CLEANUP_FREE char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    return text ? text_escape_json(text) : NULL;
}
