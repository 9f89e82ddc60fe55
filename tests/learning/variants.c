#include "variants.h"

#include "base/clock.h"
#include "parallel.h"

/* A world, and a daemon for it. */
struct setting {
    const char *what;
    uint32_t warm;
    bool no_oracle; /* it would take too long */
    void (*change)(struct scenario *scenario, struct warmer_settings *settings);
};

static void leave(struct scenario *scenario, struct warmer_settings *settings)
{
    (void)scenario, (void)settings;
}

static void redraw(struct scenario *scenario, struct warmer_settings *settings)
{
    (void)settings;
    scenario->aws.redrawn = true;
}

static void live_for_3(struct scenario *scenario, struct warmer_settings *settings)
{
    (void)settings;
    scenario->aws.lifetime_low_us = scenario->aws.lifetime_high_us = 3 * MINUTE_US;
}

static void live_for_30(struct scenario *scenario, struct warmer_settings *settings)
{
    (void)settings;
    scenario->aws.lifetime_low_us = 25 * MINUTE_US;
    scenario->aws.lifetime_high_us = 60 * MINUTE_US;
}

static void be_busy(struct scenario *scenario, struct warmer_settings *settings)
{
    (void)settings;
    scenario->traffic.day_per_s = 10;
    scenario->traffic.night_per_s = 0.05;
}

static void be_still(struct scenario *scenario, struct warmer_settings *settings)
{
    (void)settings;
    scenario->traffic.day_per_s = 0.01;
    scenario->traffic.night_per_s = 0.001;
}

static void forget_names(struct scenario *scenario, struct warmer_settings *settings)
{
    (void)scenario;
    settings->names_instances = false;
}

static void forget_colds(struct scenario *scenario, struct warmer_settings *settings)
{
    (void)scenario;
    settings->says_cold = false;
}

static void forget_all(struct scenario *scenario, struct warmer_settings *settings)
{
    (void)scenario;
    settings->names_instances = settings->says_cold = false;
}

static void be_far(struct scenario *scenario, struct warmer_settings *settings)
{
    (void)scenario;
    settings->network_us = 3000;
}

static const struct setting all[] = {
    {"the usual world", 20, false, leave},
    {"lifetimes drawn anew each time an instance falls idle", 20, false, redraw},
    {"lifetimes of 3 min", 20, false, live_for_3},
    {"lifetimes of 25 to 60 min", 20, false, live_for_30},
    {"twenty times the traffic by day", 20, false, be_busy},
    {"a fiftieth of the traffic", 20, false, be_still},
    {"instances say whether they are cold, but not who they are", 20, false, forget_names},
    {"instances say who they are, but not whether they are cold", 20, false, forget_colds},
    {"instances say nothing: nothing is learned", 20, false, forget_all},
    {"a path that adds 3 ms of jitter", 20, false, be_far},
    {"the usual world", 1, false, leave},
    {"the usual world", 2, false, leave},
    {"the usual world", 5, false, leave},
    {"the usual world", 100, false, leave},
    {"the usual world", 1000, true, leave},
};

/* Of one seed. */
struct variant_sums {
    struct result learned, fixed;
    uint64_t volleys;
};

struct job {
    const struct setting *setting;
    struct scenario scenario;
    struct warmer_settings settings;
};

static void run_one(size_t number, void *result, const void *context)
{
    const struct job *job = context;
    struct variant_sums *sums = result;
    struct warmer_settings fixed = job->settings;
    uint64_t seed = number + 1;
    fixed.endpoint.interval_auto = false;
    sums->learned = run_warmer(&job->scenario, &job->settings, seed);
    sums->fixed = run_warmer(&job->scenario, &fixed, seed);
    sums->volleys = job->setting->no_oracle ? 0 : run_oracle(&job->scenario, ORACLE_VOLLEYS, seed).pings;
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static struct variant sum_up(const struct job *job, const struct variant_sums *sums, int seeds)
{
    double pings = 0, fixed = 0, volleys = 0, rounds = 0, hold_us = 0;
    struct traffic_counts learned_counts = {0}, fixed_counts = {0};
    for (int seed = 0; seed < seeds; seed++) {
        pings += (double)sums[seed].learned.warmer.pings;
        rounds += (double)sums[seed].learned.warmer.rounds;
        hold_us += (double)sums[seed].learned.hold_us;
        fixed += (double)sums[seed].fixed.warmer.pings;
        volleys += (double)sums[seed].volleys;
        learned_counts = traffic_sum(learned_counts, sums[seed].learned.traffic);
        fixed_counts = traffic_sum(fixed_counts, sums[seed].fixed.traffic);
    }
    return (struct variant){
        .what = job->setting->what,
        .warm = job->setting->warm,
        .interval_min = job->scenario.days * 24 * 60 * seeds / rounds,
        .beside_fixed = share(pings, fixed),
        .beside_volleys = share(pings, volleys),
        .cold = share((double)learned_counts.within_cold, (double)learned_counts.within),
        .burst_cold = share((double)learned_counts.burst_within_cold, (double)learned_counts.burst_within),
        .fixed_cold = share((double)fixed_counts.within_cold, (double)fixed_counts.within),
        .fixed_burst_cold = share((double)fixed_counts.burst_within_cold, (double)fixed_counts.burst_within),
        .hold_ms = hold_us / seeds / (double)US_PER_MS,
    };
}

void variants_run(struct variants *variants, int seeds)
{
    static struct variant_sums sums[64];
    seeds = seeds < 64 ? seeds : 64;
    *variants = (struct variants){0};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct job job = {
            .setting = &all[i], .scenario = scenario_usual(), .settings = warmer_usual(all[i].warm)};
        job.scenario.warm = all[i].warm;
        job.scenario.traffic.burst_most = all[i].warm + (all[i].warm + 3) / 4;
        job.scenario.aws.concurrency = 3000;
        all[i].change(&job.scenario, &job.settings);
        parallel((size_t)seeds, sizeof *sums, sums, run_one, &job);
        variants->items[variants->n++] = sum_up(&job, sums, seeds);
    }
}
