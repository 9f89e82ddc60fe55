#include "traffic.h"

#include <math.h>
#include <stdlib.h>

static void end_request(void *context, uint64_t number)
{
    struct traffic *traffic = context;
    (void)number;
    traffic->in_flight--;
}

static void request(struct traffic *traffic, double handler_us, bool burst)
{
    struct traffic_counts *counts = &traffic->counts;
    struct aws_answer answer = aws_request(traffic->aws, (uint64_t)handler_us);
    counts->requests++;
    if (answer.outcome != AWS_OK) {
        counts->throttled += answer.outcome == AWS_THROTTLED;
        return;
    }
    traffic->in_flight++;
    world_at(traffic->aws->world, answer.end_us, end_request, traffic, 0);
    if (traffic->in_flight > traffic->warm)
        return;
    counts->within++;
    counts->within_cold += answer.cold;
    counts->burst_within += burst;
    counts->burst_within_cold += burst && answer.cold;
}

static double rate_per_s(const struct traffic *traffic, uint64_t at_us)
{
    const struct traffic_settings *settings = &traffic->settings;
    double hour = (double)(at_us % DAY_US) / (double)HOUR_US;
    double share = 0.5 - 0.5 * cos((hour - 3) / 24 * 2 * 3.14159265358979);
    return settings->night_per_s + (settings->day_per_s - settings->night_per_s) * share;
}

/* A Poisson process of varying rate, by thinning the one of the highest. */
static void arrive(void *context, uint64_t number)
{
    struct traffic *traffic = context;
    struct world *world = traffic->aws->world;
    double most_per_s = fmax(traffic->settings.day_per_s, traffic->settings.night_per_s);
    (void)number;
    if (chance_unit(&traffic->chance) * most_per_s < rate_per_s(traffic, world->now_us))
        request(traffic, chance_exponential(&traffic->chance, traffic->settings.handler_us), false);
    world_at(world, world->now_us + (uint64_t)chance_exponential(&traffic->chance, 1e6 / most_per_s), arrive,
             traffic, 0);
}

static void arrive_in_burst(void *context, uint64_t number)
{
    struct traffic *traffic = context;
    (void)number;
    request(traffic, traffic->settings.burst_handler_us, true);
}

static void burst(void *context, uint64_t number)
{
    struct traffic *traffic = context;
    struct world *world = traffic->aws->world;
    const struct traffic_settings *settings = &traffic->settings;
    uint32_t n = 2 + (uint32_t)(chance_unit(&traffic->chance) * (settings->burst_most - 1));
    (void)number;
    for (uint32_t i = 0; i < n; i++)
        world_at(world, world->now_us + (uint64_t)(chance_unit(&traffic->chance) * settings->burst_within_us),
                 arrive_in_burst, traffic, 0);
    world_at(world,
             world->now_us +
                 (uint64_t)chance_exponential(&traffic->chance, (double)DAY_US / settings->bursts_per_day),
             burst, traffic, 0);
}

struct traffic *traffic_new(struct aws *aws, const struct traffic_settings *settings, uint32_t warm)
{
    struct traffic *traffic = calloc(1, sizeof *traffic);
    if (!traffic)
        abort();
    *traffic = (struct traffic){.aws = aws,
                                .chance = chance_stream(aws->world->seed, "traffic"),
                                .settings = *settings,
                                .warm = warm};
    if (settings->day_per_s > 0 || settings->night_per_s > 0)
        world_at(aws->world, aws->world->now_us, arrive, traffic, 0);
    if (settings->bursts_per_day > 0)
        world_at(aws->world,
                 aws->world->now_us + (uint64_t)chance_exponential(&traffic->chance,
                                                                   (double)DAY_US / settings->bursts_per_day),
                 burst, traffic, 0);
    return traffic;
}

void traffic_free(struct traffic *traffic)
{
    free(traffic);
}

struct traffic_counts traffic_sum(struct traffic_counts a, struct traffic_counts b)
{
    return (struct traffic_counts){
        .requests = a.requests + b.requests,
        .within = a.within + b.within,
        .within_cold = a.within_cold + b.within_cold,
        .burst_within = a.burst_within + b.burst_within,
        .burst_within_cold = a.burst_within_cold + b.burst_within_cold,
        .throttled = a.throttled + b.throttled,
    };
}
