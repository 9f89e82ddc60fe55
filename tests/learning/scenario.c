#include "scenario.h"

struct scenario scenario_quiet(void)
{
    return (struct scenario){.name = "quiet",
                             .days = 30,
                             .warm = 20,
                             .aws = {.lifetime_low_us = 5 * MINUTE_US,
                                     .lifetime_high_us = 10 * MINUTE_US,
                                     .retirement_us = 2 * HOUR_US,
                                     .retirement_spread_us = 5 * MINUTE_US,
                                     .cold_us = 400000,
                                     .cold_spread_us = 0.4,
                                     .concurrency = 1000},
                             .trouble_us = 10 * (double)MINUTE_US,
                             .throttled_to = 5};
}

struct scenario scenario_usual(void)
{
    struct scenario scenario = scenario_quiet();
    scenario.name = "usual";
    scenario.traffic = (struct traffic_settings){.night_per_s = 0.005,
                                                 .day_per_s = 0.5,
                                                 .handler_us = 300000,
                                                 .bursts_per_day = 24,
                                                 .burst_most = 25,
                                                 .burst_within_us = 100000,
                                                 .burst_handler_us = 300000};
    scenario.deploys_per_day = 0.5;
    scenario.outages_per_day = scenario.throttles_per_day = 0.2;
    return scenario;
}

enum trouble { DEPLOY, OUTAGE, THROTTLE, TROUBLES };

static double per_day(const struct scenario *scenario, uint64_t trouble)
{
    const double rates[] = {[DEPLOY] = scenario->deploys_per_day,
                            [OUTAGE] = scenario->outages_per_day,
                            [THROTTLE] = scenario->throttles_per_day};
    return rates[trouble];
}

static void end_trouble(void *context, uint64_t trouble)
{
    struct stage *stage = context;
    if (trouble == OUTAGE)
        stage->aws->failing = false;
    else
        stage->aws->settings.concurrency = stage->scenario->aws.concurrency;
}

static void begin_trouble(void *context, uint64_t trouble);

static void await_trouble(struct stage *stage, uint64_t trouble)
{
    double rate = per_day(stage->scenario, trouble);
    if (rate <= 0)
        return;
    double wait_us = chance_exponential(&stage->chance, (double)DAY_US / rate);
    world_at(stage->world, stage->world->now_us + (uint64_t)(stage->scenario->trouble_us + wait_us),
             begin_trouble, stage, trouble);
}

static void begin_trouble(void *context, uint64_t trouble)
{
    struct stage *stage = context;
    if (trouble == DEPLOY)
        aws_deploy(stage->aws);
    else if (trouble == OUTAGE)
        stage->aws->failing = true;
    else {
        stage->aws->settings.concurrency = stage->scenario->throttled_to;
        stage->throttles++;
        stage->throttled_at_us = stage->world->now_us;
    }
    if (trouble != DEPLOY)
        world_at(stage->world, stage->world->now_us + (uint64_t)stage->scenario->trouble_us, end_trouble,
                 stage, trouble);
    await_trouble(stage, trouble);
}

static void fall(void *context, uint64_t number)
{
    struct stage *stage = context;
    (void)number;
    aws_set_lifetimes(stage->aws, stage->scenario->fall_low_us, stage->scenario->fall_high_us);
}

void stage_open(struct stage *stage, const struct scenario *scenario, uint64_t seed)
{
    *stage = (struct stage){
        .scenario = scenario, .world = world_new(seed), .chance = chance_stream(seed, "troubles")};
    stage->aws = aws_new(stage->world, &scenario->aws);
    stage->traffic = traffic_new(stage->aws, &scenario->traffic, scenario->warm);
    for (uint64_t trouble = 0; trouble < TROUBLES; trouble++)
        await_trouble(stage, trouble);
    if (scenario->fall_after_days > 0)
        world_at(stage->world, (uint64_t)(scenario->fall_after_days * (double)DAY_US), fall, stage, 0);
}

void stage_run(struct stage *stage)
{
    world_run(stage->world, (uint64_t)(stage->scenario->days * (double)DAY_US));
}

void stage_close(struct stage *stage)
{
    traffic_free(stage->traffic);
    aws_free(stage->aws);
    world_free(stage->world);
}

struct result run_warmer(const struct scenario *scenario, const struct warmer_settings *settings,
                         uint64_t seed)
{
    struct stage stage;
    struct throttles throttles = {0};
    stage_open(&stage, scenario, seed);
    struct warmer *warmer = warmer_new(stage.aws, settings, &throttles, 0);
    stage_run(&stage);
    struct result result = {.warmer = warmer->counts,
                            .traffic = stage.traffic->counts,
                            .interval_us = policy_interval_us(&warmer->state, &settings->endpoint),
                            .hold_us = policy_hold_us(&warmer->state, &settings->endpoint),
                            .idle_deaths = stage.aws->idle_deaths};
    warmer_free(warmer);
    throttles_free(&throttles);
    stage_close(&stage);
    return result;
}

struct oracle_result run_oracle(const struct scenario *scenario, enum oracle_kind kind, uint64_t seed)
{
    struct stage stage;
    stage_open(&stage, scenario, seed);
    struct oracle *oracle = oracle_new(stage.aws, kind, scenario->warm);
    stage_run(&stage);
    struct oracle_result result = {.pings = oracle->pings, .traffic = stage.traffic->counts};
    oracle_free(oracle);
    stage_close(&stage);
    return result;
}
