#include "decide/cost.h"

#include "base/clock.h"
#include "base/text.h"
#include "decide/schedule.h"
#include "decide/verdict.h"
#include "plan/partition.h"
#include "plan/syntax.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_PER_HOUR ((double)US_PER_HOUR / (double)US_PER_S)

/* "https://x.execute-api.eu-west-1.amazonaws.com", with a slash or without. */
static bool has_no_path(const char *url)
{
    const char *path = url + url_origin_length(url);
    return *path != '/' || path[1] == '\0' || path[1] == '?';
}

double cost_front_usd(const struct endpoint *endpoint, const struct prices *prices)
{
    struct aws_host host;
    if (!endpoint->url)
        return 0;
    if (!aws_host_parse(endpoint->url, &host))
        return prices->gateway_given && !url_is_loopback(endpoint->url) ? prices->gateway_rest : 0;
    if (strcmp(host.service, "execute-api") != 0)
        return 0;
    return has_no_path(endpoint->url) ? prices->gateway_http : prices->gateway_rest;
}

static bool met_the_function(const struct sample *sample)
{
    switch (sample->cause) {
    case CAUSE_CREDENTIALS:
    case CAUSE_EXPIRED_TOKEN:
    case CAUSE_CLOCK_SKEW:
    case CAUSE_SIGNATURE:
    case CAUSE_ACCESS_DENIED:
    case CAUSE_NO_FUNCTION:
    case CAUSE_REFUSED_STREAM:
        return false;
    default:
        break;
    }
    if (sample->outcome == OUTCOME_OK)
        return true;
    return sample->outcome == OUTCOME_FAILED && (sample->status != 0 || sample->release_ns != 0);
}

/* HOLD_US: what its attempt asked for. */
static uint64_t function_us(const struct endpoint *endpoint, const struct sample *sample, uint64_t hold_us)
{
    uint64_t seen_us = sample_latency_us(sample);
    bool cold = sample->cold == COLD_YES;
    if (sample->billed_us) /* since August 2025 it includes the initialisation */
        return sample->billed_us;
    if (endpoint->mode == INVOKE_EVENT && endpoint->function) /* answered before it has run */
        return hold_us;
    if (cold && sample->init_us)
        return hold_us + sample->init_us;
    if (!seen_us)
        return hold_us + (cold ? COST_INIT_US : 0);
    if (cold || !sample->instance)
        return seen_us;
    /* It is busy for a little longer than the hold, and a started millisecond counts as a whole one. */
    hold_us += COST_LEAST_US;
    return seen_us < hold_us ? seen_us : hold_us;
}

/* USD of the function's time, whole milliseconds and at least one. */
static double time_usd(const struct endpoint *endpoint, const struct prices *prices, double duration_us)
{
    double billed_ms = ceil(fmax(duration_us, (double)COST_LEAST_US) / (double)US_PER_MS);
    return billed_ms / 1e3 * endpoint->memory_mb / 1024 * prices->gb_second;
}

static double sample_usd(const struct endpoint *endpoint, const struct prices *prices,
                         const struct sample *sample, uint64_t hold_us)
{
    double front_usd = cost_front_usd(endpoint, prices);
    if (sample->cause == CAUSE_CACHED)
        return front_usd;
    if (!met_the_function(sample))
        return 0;
    return prices->request + front_usd +
           time_usd(endpoint, prices, (double)function_us(endpoint, sample, hold_us));
}

/* Of provisioned concurrency, for so many seconds of instances. */
static double provisioned_usd(const struct endpoint *endpoint, const struct prices *prices, double instance_s)
{
    return instance_s * endpoint->memory_mb / 1024 * prices->provisioned_gb_second;
}

void cost_round(const struct endpoint *endpoint, const struct prices *prices, struct round *round)
{
    round->cost_known = prices->source != PRICES_UNKNOWN;
    round->cost_usd = 0;
    round->provisioned_hour_usd =
        round->cost_known ? provisioned_usd(endpoint, prices, round->target * SECONDS_PER_HOUR) : 0;
    for (uint32_t i = 0; i < round->n_attempts; i++)
        round->attempts[i].cost_usd = 0;
    for (size_t i = 0; round->cost_known && i < round->n_samples; i++) {
        struct attempt *attempt = &round->attempts[round->samples[i].attempt - 1];
        double usd = sample_usd(endpoint, prices, &round->samples[i], attempt->hold_us);
        attempt->cost_usd += usd;
        round->cost_usd += usd;
    }
}

double cost_round_most_usd(const struct endpoint *endpoint, const struct prices *prices, uint32_t warm,
                           uint64_t hold_us, uint64_t slowest_us)
{
    double usd = 0, each_usd = prices->request + cost_front_usd(endpoint, prices);
    if (prices->source == PRICES_UNKNOWN)
        return 0;
    double beside_hold_us = (double)(slowest_us > COST_INIT_US ? slowest_us : COST_INIT_US);
    for (uint32_t attempt = 0; attempt == 0 || attempt < endpoint->attempts; attempt++) {
        double attempt_us = fmax((double)hold_us, (double)COST_LEAST_US);
        usd += warm * (each_usd + time_usd(endpoint, prices, attempt_us + beside_hold_us));
        hold_us = verdict_longer_hold_us(hold_us, slowest_us);
    }
    return usd;
}

/* If users keep them busy for a share u of the time, warmed instances cost WARM_USD plus u times the
 * duration, provisioned ones IDLE_USD plus u times a cheaper duration. */
static double busy_share(const struct prices *prices, double gb_seconds, double warm_usd, double idle_usd)
{
    double saved_usd = gb_seconds * (prices->gb_second - prices->provisioned_duration);
    double share = saved_usd > 0 ? fmax(idle_usd - warm_usd, 0) / saved_usd : 0;
    return share <= 1 ? share : 0;
}

struct cost_month cost_estimate_month(const struct endpoint *endpoint, const struct prices *prices,
                                      uint64_t interval_us, uint64_t now_real_us)
{
    struct schedule_month rounds = schedule_month(endpoint, interval_us, now_real_us);
    double gb_seconds = rounds.instance_s * endpoint->memory_mb / 1024;
    double each_usd = prices->request + cost_front_usd(endpoint, prices) +
                      time_usd(endpoint, prices, (double)endpoint->hold_us);
    double inits = rounds.openings + rounds.instance_s / ((double)COST_LIFE_US / (double)US_PER_S);
    double init_usd =
        (double)COST_INIT_US / (double)US_PER_S * endpoint->memory_mb / 1024 * prices->gb_second;
    double usd = rounds.requests * each_usd + inits * init_usd;
    double idle_usd = provisioned_usd(endpoint, prices, rounds.instance_s);
    return (struct cost_month){
        .known = prices->source != PRICES_UNKNOWN,
        .requests = rounds.requests,
        .usd = usd,
        .provisioned_usd = idle_usd,
        .busy_share = busy_share(prices, gb_seconds, usd, idle_usd),
    };
}

const char *cost_format(double usd, char buffer[COST_TEXT_MAX])
{
    int digits = usd >= 99.995 ? 0 : usd >= 0.9995 || usd <= 0 ? 2 : 3;
    if (usd > 0 && usd < 0.001)
        digits = (int)fmin(ceil(-log10(usd)), 9);
    char grouped[NUMBER_TEXT_MAX];
    if (digits == 0)
        snprintf(buffer, COST_TEXT_MAX, "$%s", number_group((uint64_t)llround(fmin(usd, 1e15)), grouped));
    else
        snprintf(buffer, COST_TEXT_MAX, "$%.*f", digits, usd);
    return buffer;
}
