#include "telemetry/plan_json.h"

#include "base/clock.h"

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

static json_t *forecast_json(const struct forecast *forecast)
{
    json_t *next = json_array();
    for (size_t i = 0; i < FORECAST_ROUNDS; i++)
        json_array_append_new(next, time_json(forecast->next_us[i]));
    return json_pack("{s:s, s:i, s:f, s:I, s:n, s:n, s:o, s:n}", "name", forecast->endpoint->name, "warm",
                     (int)forecast->endpoint->warm, "interval_s",
                     (double)forecast->endpoint->interval_us / (double)US_PER_S, "requests_per_month",
                     (json_int_t)llround(forecast->requests_per_month), "cost_usd_per_month",
                     "provisioned_usd_per_month", "next", next, "advice");
}

char *plan_json(const struct forecast *forecasts, size_t n)
{
    json_t *list = json_array();
    json_int_t warm = 0, requests = 0;
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, forecast_json(&forecasts[i]));
        warm += forecasts[i].endpoint->warm;
        requests += llround(forecasts[i].requests_per_month);
    }
    json_t *root =
        json_pack("{s:i, s:o, s:{s:I, s:I, s:n, s:n}}", "version", 1, "endpoints", list, "total", "warm",
                  warm, "requests_per_month", requests, "cost_usd_per_month", "provisioned_usd_per_month");
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    return text;
}
