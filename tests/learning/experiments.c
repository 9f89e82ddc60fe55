#include "experiments.h"

#include <math.h>

struct scenario scenario_nine_to_eleven(void)
{
    struct scenario scenario = scenario_quiet();
    scenario.name = "lifetimes of 9 to 11 min";
    scenario.aws.lifetime_low_us = 9 * MINUTE_US;
    scenario.aws.lifetime_high_us = 11 * MINUTE_US;
    return scenario;
}

struct scenario scenario_fall(void)
{
    struct scenario scenario = scenario_quiet();
    scenario.name = "lifetimes that fall from 10 to 5 min";
    scenario.aws.lifetime_low_us = scenario.aws.lifetime_high_us = 10 * MINUTE_US;
    scenario.fall_after_days = 15;
    scenario.fall_low_us = scenario.fall_high_us = 5 * MINUTE_US;
    return scenario;
}

struct usual_result experiment_usual(uint64_t seed)
{
    struct scenario scenario = scenario_usual();
    struct warmer_settings learns = warmer_usual(scenario.warm), fixed = learns;
    fixed.endpoint.interval_auto = false;
    return (struct usual_result){
        .learned = run_warmer(&scenario, &learns, seed),
        .fixed = run_warmer(&scenario, &fixed, seed),
        .volleys = run_oracle(&scenario, ORACLE_VOLLEYS, seed),
        .one_by_one = run_oracle(&scenario, ORACLE_ONE_BY_ONE, seed),
    };
}

uint64_t experiment_nine_to_eleven(uint64_t seed)
{
    struct scenario scenario = scenario_nine_to_eleven();
    struct warmer_settings settings = warmer_usual(scenario.warm);
    return run_warmer(&scenario, &settings, seed).warmer.pings;
}

struct fall_watch {
    struct fall_result result;
    uint64_t idle_deaths; /* before the round */
    uint64_t fall_us;
    bool proven;
};

static void watch_fall(struct warmer *warmer, const struct observation *observation,
                       const struct policy_outcome *outcome, void *context)
{
    struct fall_watch *watch = context;
    uint64_t now_us = warmer->aws->world->now_us;
    bool proof = warmer->aws->idle_deaths == watch->idle_deaths;
    (void)observation, (void)outcome;
    watch->idle_deaths = warmer->aws->idle_deaths;
    if (now_us < watch->fall_us || now_us > watch->fall_us + DAY_US)
        return;
    watch->result.without_proof += !proof;
    watch->result.until_proven += !proof && !watch->proven;
    watch->proven |= proof && watch->result.without_proof > 0;
}

struct fall_result experiment_fall(uint64_t seed)
{
    struct scenario scenario = scenario_fall();
    struct warmer_settings settings = warmer_usual(scenario.warm);
    struct fall_watch watch = {.fall_us = (uint64_t)(scenario.fall_after_days * (double)DAY_US)};
    struct throttles throttles = {0};
    struct stage stage;
    stage_open(&stage, &scenario, seed);
    struct warmer *warmer = warmer_new(stage.aws, &settings, &throttles, 0);
    warmer->after_round = watch_fall;
    warmer->context = &watch;
    stage_run(&stage);
    warmer_free(warmer);
    throttles_free(&throttles);
    stage_close(&stage);
    return watch.result;
}

/* January and February; the budget ends some time after the middle of each. */
struct budget_result experiment_budget(uint64_t seed, bool tells_billed)
{
    static const double january = 31;
    struct scenario scenario = scenario_quiet();
    struct warmer_settings settings = warmer_usual(scenario.warm);
    struct throttles throttles = {0};
    struct stage stage;
    settings.endpoint.budget_usd = EXPERIMENT_BUDGET_USD;
    settings.tells_billed = tells_billed;
    scenario.days = january + 28;
    stage_open(&stage, &scenario, seed);
    struct warmer *warmer = warmer_new(stage.aws, &settings, &throttles, 0);
    world_run(stage.world, (uint64_t)(january * (double)DAY_US));
    double january_usd = warmer->counts.billed_usd;
    stage_run(&stage);
    double february_usd = warmer->counts.billed_usd - january_usd;
    warmer_free(warmer);
    throttles_free(&throttles);
    stage_close(&stage);
    return (struct budget_result){
        .over_usd = fmax(0, fmax(january_usd, february_usd) - EXPERIMENT_BUDGET_USD),
        .least_used = fmin(january_usd, february_usd) / EXPERIMENT_BUDGET_USD,
    };
}

enum { WATCH_US = 600000000 };

struct throttle_watch {
    struct stage *stage;
    uint64_t seen;             /* throttles that were met */
    uint64_t met_us, began_us; /* the last one: when a round met it, when it began */
    uint64_t sent, sent_with_first;
};

static void watch_throttle(struct warmer *warmer, const struct observation *observation,
                           const struct policy_outcome *outcome, void *context)
{
    struct throttle_watch *watch = context;
    uint64_t round_us = warmer->began_us - WORLD_BOOT_US;
    (void)outcome;
    if (observation->throttled && watch->seen != watch->stage->throttles) {
        watch->seen = watch->stage->throttles;
        watch->met_us = watch->stage->world->now_us;
        watch->began_us = watch->stage->throttled_at_us;
    }
    if (!watch->seen)
        return;
    if (round_us >= watch->met_us && round_us < watch->met_us + WATCH_US)
        watch->sent += observation->sent;
    if (round_us >= watch->began_us && round_us < watch->began_us + WATCH_US)
        watch->sent_with_first += observation->sent;
}

static struct throttle_watch run_throttled(uint64_t seed, uint64_t interval_us, bool ignores)
{
    struct scenario scenario = scenario_quiet();
    struct warmer_settings settings = warmer_usual(10);
    struct throttles throttles = {0};
    struct stage stage;
    struct throttle_watch watch = {.stage = &stage};
    struct warmer *warmers[2];
    /* Of a short interval a few days have rounds enough. */
    scenario.days = interval_us ? 5 : 30;
    scenario.throttles_per_day = interval_us ? 8 : 2;
    scenario.trouble_us = 30 * (double)MINUTE_US;

    settings.endpoint.interval_auto = interval_us == 0;
    settings.endpoint.interval_us = interval_us ? interval_us : settings.endpoint.interval_us;
    settings.ignores_throttle = ignores;
    stage_open(&stage, &scenario, seed);
    for (uint64_t i = 0; i < 2; i++) {
        warmers[i] = warmer_new(stage.aws, &settings, &throttles, i * settings.endpoint.interval_us / 2);
        warmers[i]->after_round = watch_throttle;
        warmers[i]->context = &watch;
    }
    stage_run(&stage);
    for (size_t i = 0; i < 2; i++)
        warmer_free(warmers[i]);
    throttles_free(&throttles);
    stage_close(&stage);
    return watch;
}

struct throttle_result experiment_throttle(uint64_t seed, uint64_t interval_us)
{
    struct throttle_watch guarded = run_throttled(seed, interval_us, false);
    struct throttle_watch ignored = run_throttled(seed, interval_us, true);
    return (struct throttle_result){.guarded = guarded.sent,
                                    .ignored = ignored.sent,
                                    .guarded_with_first = guarded.sent_with_first,
                                    .ignored_with_first = ignored.sent_with_first};
}
