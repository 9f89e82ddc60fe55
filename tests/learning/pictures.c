#include "pictures.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "experiments.h"
#include "svg.h"

#include <math.h>

enum { SEED = 1 };

/* What is drawn of a run. */
struct trace {
    struct series interval, retention, hold;
    uint64_t rounds;
};

static void trace_round(struct warmer *warmer, const struct observation *observation,
                        const struct policy_outcome *outcome, void *context)
{
    struct trace *trace = context;
    const struct endpoint *endpoint = &warmer->settings.endpoint;
    double days = (double)(warmer->began_us - WORLD_BOOT_US) / (double)DAY_US;
    (void)outcome;
    series_add(&trace->interval, days,
               (double)policy_interval_us(&warmer->state, endpoint) / (double)MINUTE_US);
    series_add(&trace->hold, (double)trace->rounds++,
               (double)policy_hold_us(&warmer->state, endpoint) / (double)US_PER_MS);
    if (observation->ok)
        series_add(&trace->retention, (days - 15) * 24, 100 - 100.0 * observation->cold / observation->ok);
}

static struct trace trace_run(const struct scenario *scenario, const struct warmer_settings *settings)
{
    struct trace trace = {0};
    struct throttles throttles = {0};
    struct stage stage;
    stage_open(&stage, scenario, SEED);
    struct warmer *warmer = warmer_new(stage.aws, settings, &throttles, 0);
    warmer->after_round = trace_round;
    warmer->context = &trace;
    stage_run(&stage);
    warmer_free(warmer);
    throttles_free(&throttles);
    stage_close(&stage);
    return trace;
}

static void trace_free(struct trace *trace)
{
    series_free(&trace->interval);
    series_free(&trace->retention);
    series_free(&trace->hold);
}

static struct series drawn(struct series series, const char *name, enum series_look look, int colour)
{
    series.name = name;
    series.look = look;
    series.colour = colour;
    return series;
}

static struct series level(const char *name, double x_low, double x_high, double y)
{
    struct series series = {.name = name, .look = SERIES_DASHES, .colour = 4};
    series_add(&series, x_low, y);
    series_add(&series, x_high, y);
    return series;
}

static bool draw_intervals(const char *folder, struct trace *usual, struct trace *long_lived,
                           struct trace *fall)
{
    struct series series[] = {
        level(NULL, 0, 30, 5),
        level(NULL, 0, 30, 9),
        drawn(usual->interval, "lifetimes 5–10 min, traffic", SERIES_STEPS, 0),
        drawn(long_lived->interval, "9–11 min", SERIES_STEPS, 2),
        drawn(fall->interval, "10 min, then 5", SERIES_STEPS, 1),
    };
    struct plot plot = {.title = "The interval that is learned, from 5 min",
                        .x_label = "days",
                        .y_label = "minutes",
                        .x_high = 30,
                        .y_high = 12,
                        .x_step = 5,
                        .y_step = 2,
                        .series = series,
                        .n_series = COUNT_OF(series)};
    bool written = plot_write(&plot, folder, "interval.svg");
    series_free(&series[0]);
    series_free(&series[1]);
    return written;
}

static bool draw_retention(const char *folder, struct trace *fall)
{
    struct series series[] = {drawn(fall->retention, "of each round", SERIES_DOTS, 0)};
    struct plot plot = {.title = "Instances seen again, when their lifetime falls from 10 to 5 min",
                        .x_label = "hours after the fall",
                        .y_label = "% of a round",
                        .x_low = -6,
                        .x_high = 12,
                        .y_high = 100,
                        .x_step = 3,
                        .y_step = 25,
                        .series = series,
                        .n_series = 1};
    return plot_write(&plot, folder, "retention.svg");
}

static bool draw_holds(const char *folder, struct trace *usual, struct trace *far)
{
    struct series series[] = {
        drawn(usual->hold, "skew 1 ms", SERIES_STEPS, 0),
        drawn(far->hold, "skew 1 ms, and 3 ms more by the path", SERIES_STEPS, 1),
    };
    struct plot plot = {.title = "The hold that is learned, from 75 ms",
                        .x_label = "rounds",
                        .y_label = "milliseconds",
                        .x_high = 1000,
                        .y_low = 1,
                        .y_high = 100,
                        .x_step = 100,
                        .y_log = true,
                        .series = series,
                        .n_series = COUNT_OF(series)};
    return plot_write(&plot, folder, "hold.svg");
}

/* Real requests that met a cold instance, in thousandths of a percent, summed up to each day. */
static struct series colds_of(const struct warmer_settings *settings, const char *name, int colour)
{
    struct scenario scenario = scenario_usual();
    struct series series = {.name = name, .look = SERIES_STEPS, .colour = colour};
    struct throttles throttles = {0};
    struct stage stage;
    stage_open(&stage, &scenario, SEED);
    struct warmer *warmer = settings ? warmer_new(stage.aws, settings, &throttles, 0) : NULL;
    struct oracle *oracle = settings ? NULL : oracle_new(stage.aws, ORACLE_VOLLEYS, scenario.warm);
    for (int day = 1; day <= (int)scenario.days; day++) {
        world_run(stage.world, (uint64_t)day * DAY_US);
        const struct traffic_counts *counts = &stage.traffic->counts;
        series_add(&series, day, 100 * (double)counts->within_cold / fmax(1, (double)counts->within));
    }
    if (warmer)
        warmer_free(warmer);
    if (oracle)
        oracle_free(oracle);
    throttles_free(&throttles);
    stage_close(&stage);
    return series;
}

static bool draw_colds(const char *folder)
{
    struct warmer_settings learns = warmer_usual(20), fixed = learns;
    fixed.endpoint.interval_auto = false;
    struct series series[] = {
        colds_of(&learns, "learned interval", 0),
        colds_of(&fixed, "fixed 5 min", 1),
        colds_of(NULL, "oracle in volleys", 2),
        level("aim", 0, 30, 0.1),
    };
    struct plot plot = {.title = "Real requests that met a cold instance, demand ≤ warm, so far",
                        .x_label = "days",
                        .y_label = "%",
                        .x_high = 30,
                        .y_high = 0.12,
                        .x_step = 5,
                        .y_step = 0.02,
                        .y_digits = 2,
                        .series = series,
                        .n_series = COUNT_OF(series)};
    bool written = plot_write(&plot, folder, "cold.svg");
    for (size_t i = 0; i < COUNT_OF(series); i++)
        series_free(&series[i]);
    return written;
}

bool pictures_write(const char *folder)
{
    struct scenario usual = scenario_usual(), long_lived = scenario_nine_to_eleven(), fall = scenario_fall();
    struct warmer_settings settings = warmer_usual(20), far = settings;
    far.network_us = 3000;
    struct trace usual_trace = trace_run(&usual, &settings), fall_trace = trace_run(&fall, &settings);
    struct trace long_trace = trace_run(&long_lived, &settings), far_trace = trace_run(&usual, &far);
    bool written = draw_intervals(folder, &usual_trace, &long_trace, &fall_trace) &&
                   draw_retention(folder, &fall_trace) && draw_holds(folder, &usual_trace, &far_trace) &&
                   draw_colds(folder);
    trace_free(&usual_trace);
    trace_free(&long_trace);
    trace_free(&fall_trace);
    trace_free(&far_trace);
    return written;
}
