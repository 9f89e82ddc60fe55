#include "warmer.h"

#include "base/clock.h"
#include "decide/cost.h"
#include "decide/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin_round(void *context, uint64_t number);

struct warmer_settings warmer_usual(uint32_t warm)
{
    static char model[] = "model", region[] = "us-east-1";
    return (struct warmer_settings){
        .endpoint = {.name = model,
                     .function = model,
                     .region = region,
                     .warm = warm,
                     .interval_us = 5 * MINUTE_US,
                     .interval_auto = true,
                     .interval_min_us = MINUTE_US,
                     .interval_max_us = HOUR_US,
                     .jitter_us = 10 * US_PER_S,
                     .hold_us = 75 * US_PER_MS,
                     .hold_auto = true,
                     .attempts = 2,
                     .memory_mb = 1024,
                     .enabled = true},
        .skew_us = 1000,
        .handler_us = 1000,
        .names_instances = true,
        .says_cold = true,
        .names_version = true,
    };
}

static struct prices prices_here(const struct warmer *warmer)
{
    static const struct price_overrides none = {-1, -1, -1, -1, -1, -1};
    return prices_of_endpoint(&warmer->settings.endpoint, &none);
}

/* As the daemon's warmer does it. */
static bool is_affordable(struct warmer *warmer)
{
    const struct endpoint *endpoint = &warmer->settings.endpoint;
    struct prices prices = prices_here(warmer);
    uint64_t now_us = world_real_us(warmer->aws->world);
    double most_usd = cost_round_most_usd(endpoint, &prices, endpoint->warm,
                                          policy_hold_us(&warmer->state, endpoint), warmer->slowest_us);
    spend_turn(&warmer->spend, now_us);
    return spend_allows(endpoint, &warmer->spend, now_us, most_usd);
}

static void pay(struct warmer *warmer)
{
    struct prices prices = prices_here(warmer);
    if (warmer->settings.endpoint.budget_usd > 0) {
        cost_round(&warmer->settings.endpoint, &prices, warmer->round);
        spend_add(&warmer->spend, world_real_us(warmer->aws->world), warmer->round->cost_usd);
    }
    if (warmer->round->max_us > warmer->slowest_us)
        warmer->slowest_us = warmer->round->max_us;
}

/* What AWS charges for a request that keeps an instance of ENDPOINT's memory busy for BUSY_US (us-east-1). */
static double bill_usd(const struct endpoint *endpoint, uint64_t busy_us)
{
    uint64_t ms = (busy_us + 999) / 1000;
    return 0.2e-6 + (double)ms / 1000 * endpoint->memory_mb / 1024 * 0.0000166667;
}

static void come_at(struct warmer *warmer, uint64_t boot_us)
{
    world_at(warmer->aws->world, boot_us - WORLD_BOOT_US, begin_round, warmer, 0);
}

static void finish(struct warmer *warmer)
{
    struct world *world = warmer->aws->world;
    struct round *round = warmer->round;
    struct observation observation;
    struct policy_outcome outcome;
    uint64_t elapsed_us = warmer->last_began_us ? warmer->began_us - warmer->last_began_us : 0;
    struct throttle *throttle = throttles_of(warmer->throttles, &warmer->settings.endpoint);
    if (observation_of(round, elapsed_us, &observation) < 0 ||
        policy_take(&warmer->state, &warmer->settings.endpoint, throttle, &warmer->order, &observation,
                    world_real_us(world), &outcome) < 0)
        abort();
    if (warmer->settings.ignores_throttle) {
        *throttle = (struct throttle){.key = throttle->key, .share = 1};
        outcome.again = false;
    }
    warmer->counts.rounds++;
    warmer->counts.pings += round->sent;
    warmer->counts.cold += round->cold;
    warmer->counts.throttled += round->throttled;
    warmer->counts.second_attempts += round->n_attempts > 1;
    for (int bit = 0; bit < 8; bit++)
        warmer->counts.events[bit] += outcome.events >> bit & 1;
    pay(warmer);
    warmer->last_began_us = warmer->began_us;
    if (warmer->after_round)
        warmer->after_round(warmer, &observation, &outcome, warmer->context);
    observation_free(&observation);
    round_free(warmer->round);
    warmer->round = NULL;
    warmer->schedule =
        policy_schedule(&warmer->state, &warmer->settings.endpoint, &outcome, &warmer->schedule,
                        warmer->began_us, world_boot_us(world), chance_bits(&warmer->chance));
    come_at(warmer, warmer->schedule.due_us);
}

static void begin_volley(struct warmer *warmer);

static void end_volley(void *context, uint64_t number)
{
    struct warmer *warmer = context;
    (void)number;
    warmer->round->attempts[warmer->round->n_attempts++].hold_us = warmer->hold_us;
    if (verdict_reach(warmer->round) < 0)
        abort();
    struct next_attempt next = verdict_next(warmer->order.attempts, warmer->round, false);
    if (!next.is_wanted) {
        finish(warmer);
        return;
    }
    warmer->hold_us = next.hold_us;
    begin_volley(warmer);
}

/* As handlers would name an instance, or AWS a version. */
static char *name_of(char kind, uint64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%c%llu", kind, (unsigned long long)number);
    return strdup(text);
}

/* Request NUMBER of the round comes to the function. */
static void arrive(void *context, uint64_t number)
{
    struct warmer *warmer = context;
    struct world *world = warmer->aws->world;
    struct sample *sample = &warmer->round->samples[number];
    struct aws_answer answer =
        aws_request(warmer->aws, (uint64_t)warmer->settings.handler_us + warmer->hold_us);
    sample->end_ns = answer.end_us * NS_PER_US;
    sample->outcome = answer.outcome == AWS_OK          ? OUTCOME_OK
                      : answer.outcome == AWS_THROTTLED ? OUTCOME_THROTTLED
                                                        : OUTCOME_FAILED;
    if (answer.outcome == AWS_OK) {
        uint64_t busy_us = answer.end_us - world->now_us;
        sample->billed_us = warmer->settings.tells_billed ? (uint32_t)((busy_us + 999) / 1000 * 1000) : 0;
        warmer->counts.billed_usd += bill_usd(&warmer->settings.endpoint, busy_us);
        sample->instance = warmer->settings.names_instances ? name_of('i', answer.instance) : NULL;
        sample->version = warmer->settings.names_version ? name_of('v', answer.version) : NULL;
        sample->cold = !warmer->settings.says_cold ? COLD_UNKNOWN : answer.cold ? COLD_YES : COLD_NO;
    } else
        sample->cause = answer.outcome == AWS_THROTTLED ? CAUSE_CONCURRENCY_LIMIT : CAUSE_STATUS;
    if (answer.end_us > warmer->volley_end_us)
        warmer->volley_end_us = answer.end_us;
    if (++warmer->arrived == warmer->order.count)
        world_at(world, warmer->volley_end_us + 1, end_volley, warmer, 0);
}

static void begin_volley(struct warmer *warmer)
{
    struct world *world = warmer->aws->world;
    struct round *round = warmer->round;
    size_t first = round->n_samples;
    double skew_us = warmer->settings.skew_us * chance_between(&warmer->chance, 0.8, 1.2);
    round->n_samples += warmer->order.count;
    round->samples = reallocarray(round->samples, round->n_samples, sizeof *round->samples);
    if (!round->samples)
        abort();
    warmer->arrived = 0;
    warmer->volley_end_us = 0;
    for (uint32_t i = 0; i < warmer->order.count; i++) {
        uint64_t release_us =
            world->now_us + 100000 +
            (uint64_t)(skew_us * i / (warmer->order.count > 1 ? warmer->order.count - 1 : 1));
        round->samples[first + i] = (struct sample){
            .index = i + 1, .attempt = round->n_attempts + 1, .release_ns = release_us * NS_PER_US};
        double path_us = warmer->settings.network_us > 0
                             ? chance_exponential(&warmer->chance, warmer->settings.network_us)
                             : 0;
        world_at(world, release_us + (uint64_t)path_us, arrive, warmer, first + i);
    }
}

static void begin_round(void *context, uint64_t number)
{
    struct warmer *warmer = context;
    struct world *world = warmer->aws->world;
    const struct endpoint *endpoint = &warmer->settings.endpoint;
    struct throttle *throttle = throttles_of(warmer->throttles, endpoint);
    (void)number;
    if (warmer->stopped)
        return;
    warmer->order = policy_order(&warmer->state, endpoint, throttle, endpoint->warm, is_affordable(warmer),
                                 world_real_us(world));
    if (warmer->order.count == 0) {
        uint64_t wait_us =
            warmer->order.wait_us ? warmer->order.wait_us : policy_interval_us(&warmer->state, endpoint);
        come_at(warmer, world_boot_us(world) + wait_us);
        return;
    }
    aws_sweep(warmer->aws);
    warmer->began_us = world_boot_us(world);
    warmer->round = calloc(1, sizeof *warmer->round);
    if (!warmer->round)
        abort();
    warmer->round->target = warmer->order.target;
    warmer->hold_us = warmer->order.hold_us;
    begin_volley(warmer);
}

struct warmer *warmer_new(struct aws *aws, const struct warmer_settings *settings,
                          struct throttles *throttles, uint64_t first_us)
{
    struct warmer *warmer = calloc(1, sizeof *warmer);
    if (!warmer)
        abort();
    *warmer = (struct warmer){.aws = aws,
                              .chance = chance_stream(aws->world->seed, "warmer"),
                              .settings = *settings,
                              .throttles = throttles};
    policy_init(&warmer->state, &warmer->settings.endpoint);
    uint64_t due_us = world_boot_us(aws->world) + first_us;
    warmer->schedule = (struct schedule){.grid_us = due_us, .due_us = due_us};
    come_at(warmer, due_us);
    return warmer;
}

void warmer_free(struct warmer *warmer)
{
    policy_free(&warmer->state);
    round_free(warmer->round);
    free(warmer);
}
