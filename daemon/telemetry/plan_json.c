#include "telemetry/plan_json.h"

#include "base/clock.h"
#include "base/text.h"

#include <jansson.h>
#include <math.h>
#include <time.h>

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
    json_t *root = json_pack("{s:i, s:o, s:{s:I, s:I, s:o, s:o}}", "version", 1, "endpoints", list, "total",
                             "warm", warm, "requests_per_month", requests, "cost_usd_per_month",
                             usd_json(total.known, total.usd), "provisioned_usd_per_month",
                             usd_json(total.known, total.provisioned_usd));
    CLEANUP_FREE char *text = root ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
    json_decref(root);
    return text ? text_escape_json(text) : NULL;
}
