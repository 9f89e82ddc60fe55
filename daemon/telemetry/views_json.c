#include "telemetry/views_json.h"

#include "base/clock.h"
#include "base/text.h"
#include "telemetry/tell.h"

#include <jansson.h>
#include <math.h>
#include <string.h>
#include <time.h>

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
    json_t *causes = json_object();
    for (size_t i = 0; i < round->n_causes; i++)
        json_object_set_new(causes, round->causes[i].name, json_integer(round->causes[i].n));
    return causes;
}

static json_t *figure_json(const struct figure *figure)
{
    if (!figure->known)
        return json_null();
    return figure->text ? json_string(figure->text) : json_integer((json_int_t)figure->number);
}

static json_t *round_json(const struct round *round, bool distinct)
{
    struct figure figures[ROUND_FIGURES];
    json_t *json = json_object();
    json_object_set_new(json, "endpoint", json_string(round->endpoint));
    json_object_set_new(json, "round", json_string(round->id));
    round_figures(round, figures);
    for (size_t i = 0; i < ROUND_FIGURES; i++)
        if (figures[i].name)
            json_object_set_new(json, figures[i].name, figure_json(&figures[i]));
    json_object_set_new(json, "met", json_boolean(round_is_met(round, distinct)));
    json_object_set_new(json, "errors", causes_json(round));
    json_object_set_new(json, "requests", requests_json(round));
    return json;
}

/* Takes ROOT; NULL: memory ran out. */
static char *finish(json_t *root)
{
    CLEANUP_FREE char *text = root ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
    json_decref(root);
    return text ? text_escape_json(text) : NULL;
}

char *rounds_json(struct round *const *rounds, size_t n, bool distinct)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, round_json(rounds[i], distinct));
    return finish(json_pack("{s:i, s:o}", "version", 1, "rounds", list));
}

/* RFC 3339 with the local offset. */
static json_t *time_json(uint64_t real_us)
{
    time_t seconds = (time_t)(real_us / US_PER_S);
    struct tm local;
    char text[40];
    if (!localtime_r(&seconds, &local))
        return json_null();
    size_t length = strftime(text, sizeof text - 1, "%Y-%m-%dT%H:%M:%S%z", &local);
    if (length < 5)
        return json_null();
    /* strftime writes +0100 where RFC 3339 wants +01:00. */
    for (size_t i = length + 1; i > length - 2; i--)
        text[i] = text[i - 1];
    text[length - 2] = ':';
    return json_string(text);
}

/* To a millionth: any further digits of an estimate are noise. */
static json_t *usd_json(bool known, double usd)
{
    return known ? json_real(round(usd * 1e6) / 1e6) : json_null();
}

static json_t *forecast_json(const struct forecast *forecast)
{
    const struct endpoint *endpoint = forecast->endpoint;
    json_t *next = json_array();
    for (size_t i = 0; i < forecast->n_next; i++)
        json_array_append_new(next, time_json(forecast->next_us[i]));
    return json_pack("{s:s, s:I, s:f, s:I, s:o, s:o, s:o, s:s}", "name", endpoint->name, "warm",
                     (json_int_t)endpoint_most_warm(endpoint), "interval_s",
                     (double)endpoint->interval_us / (double)US_PER_S, "requests_per_month",
                     (json_int_t)llround(forecast->month.requests), "cost_usd_per_month",
                     usd_json(forecast->month.known, forecast->month.usd), "provisioned_usd_per_month",
                     usd_json(forecast->month.known, forecast->month.provisioned_usd), "next", next, "advice",
                     forecast->advice);
}

char *plan_json(const struct forecast *forecasts, size_t n)
{
    json_t *list = json_array();
    json_int_t warm = 0, requests = 0;
    struct cost_month total = {.known = true};
    for (size_t i = 0; i < n; i++) {
        const struct cost_month *month = &forecasts[i].month;
        json_array_append_new(list, forecast_json(&forecasts[i]));
        warm += endpoint_most_warm(forecasts[i].endpoint);
        requests += llround(month->requests);
        total.known &= month->known;
        total.usd += month->usd;
        total.provisioned_usd += month->provisioned_usd;
    }
    return finish(json_pack("{s:i, s:o, s:{s:I, s:I, s:o, s:o}}", "version", 1, "endpoints", list, "total",
                            "warm", warm, "requests_per_month", requests, "cost_usd_per_month",
                            usd_json(total.known, total.usd), "provisioned_usd_per_month",
                            usd_json(total.known, total.provisioned_usd)));
}
