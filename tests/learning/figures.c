#include "figures.h"

#include "base/clock.h"
#include "experiments.h"
#include "parallel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const struct figure figures_blank[FIGURES] = {
    [FIGURE_COLD] = {.name = "real_requests_rarely_meet_a_cold_instance",
                     .what = "real requests that meet a cold instance while demand ≤ `warm`",
                     .digits = 3,
                     .unit = "%",
                     .scale = 100,
                     .must = 0.005,
                     .aim = 0.001},
    [FIGURE_ORACLE] = {.name = "pings_beside_an_oracle_in_volleys",
                       .what = "pings beside an oracle that knows each lifetime, in volleys",
                       .digits = 2,
                       .unit = " ×",
                       .scale = 1,
                       .must = 1.5,
                       .aim = 1.2},
    [FIGURE_ORACLE_ONE] = {.name = "pings_beside_an_oracle_one_by_one",
                           .what = "the same, beside one that could reach instances one by one",
                           .digits = 2,
                           .unit = " ×",
                           .scale = 1,
                           .must = 1.5,
                           .aim = 1.2},
    [FIGURE_FIXED] = {.name = "pings_beside_a_fixed_5_min",
                      .what = "pings beside the customary fixed 5 min, lifetime 9–11 min",
                      .digits = 2,
                      .unit = " ×",
                      .scale = 1,
                      .must = 0.65,
                      .aim = 0.58},
    [FIGURE_FALL] = {.name = "rounds_without_proof_after_a_fall",
                     .what = "rounds without proof after the lifetime falls from 10 to 5 min",
                     .digits = 0,
                     .scale = 1,
                     .must = 3,
                     .aim = 1,
                     .largest = true},
    [FIGURE_FALL_DAY] = {.name = "rounds_without_proof_in_the_day_after_a_fall",
                         .what = "the same, in all of the day after it",
                         .digits = 0,
                         .scale = 1,
                         .must = 3,
                         .aim = 1,
                         .largest = true},
    [FIGURE_HOLD] = {.name = "the_hold_is_learned",
                     .what = "hold learned when the skew is 1 ms, start 75 ms",
                     .digits = 0,
                     .unit = " ms",
                     .scale = 1e-3,
                     .must = 5000,
                     .aim = 2000,
                     .largest = true},
    [FIGURE_BUDGET] = {.name = "the_budget_is_kept",
                       .what = "spend over the budget",
                       .digits = 4,
                       .currency = "$",
                       .scale = 1,
                       .must = 0,
                       .aim = 0,
                       .largest = true},
    [FIGURE_THROTTLE] = {.name = "a_throttle_is_given_way_to",
                         .what = "requests sent in the 10 min after a throttle begins, beside doing nothing",
                         .digits = 3,
                         .unit = " ×",
                         .scale = 1,
                         .must = 0.25,
                         .aim = 0.1},
    [FIGURE_THROTTLE_FIXED] = {.name = "a_throttle_is_given_way_to_by_short_intervals",
                               .what = "the same, with an interval of 1 min",
                               .digits = 3,
                               .unit = " ×",
                               .scale = 1,
                               .must = 0.25,
                               .aim = 0.1},
};

static double ratio(double over, double under)
{
    return under > 0 ? over / under : 0;
}

double figure_of_seed(const struct figure *figure, int seed)
{
    return ratio(figure->over[seed], figure->under[seed]);
}

double figure_over_all(const struct figure *figure, int seeds)
{
    double over = 0, under = 0, largest = 0;
    for (int seed = 0; seed < seeds; seed++) {
        over += figure->over[seed];
        under += figure->under[seed];
        largest = fmax(largest, figure_of_seed(figure, seed));
    }
    return figure->largest ? largest : ratio(over, under);
}

/* What one seed has given. */
struct sheet {
    struct usual_result usual;
    struct fall_result fall;
    struct budget_result budget, estimated;
    struct throttle_result throttle, throttle_fixed;
    uint64_t nine_to_eleven_pings;
};

static void fill_sheet(size_t number, void *result, const void *context)
{
    struct sheet *sheet = result;
    uint64_t seed = number + 1;
    (void)context;
    sheet->usual = experiment_usual(seed);
    sheet->fall = experiment_fall(seed);
    sheet->budget = experiment_budget(seed, true);
    sheet->estimated = experiment_budget(seed, false);
    sheet->throttle = experiment_throttle(seed, 0);
    sheet->throttle_fixed = experiment_throttle(seed, MINUTE_US);
    sheet->nine_to_eleven_pings = experiment_nine_to_eleven(seed);
}

static void set(struct figure *figure, int seed, double over, double under)
{
    figure->over[seed] = over;
    figure->under[seed] = under;
}

static void take_sheet(struct figures *figures, int seed, const struct sheet *sheet)
{
    struct figure *all = figures->figures;
    const struct usual_result *usual = &sheet->usual;
    set(&all[FIGURE_COLD], seed, (double)usual->learned.traffic.within_cold,
        (double)usual->learned.traffic.within);
    set(&all[FIGURE_ORACLE], seed, (double)usual->learned.warmer.pings, (double)usual->volleys.pings);
    set(&all[FIGURE_ORACLE_ONE], seed, (double)usual->learned.warmer.pings, (double)usual->one_by_one.pings);
    set(&all[FIGURE_FIXED], seed, (double)sheet->nine_to_eleven_pings, EXPERIMENT_FIXED_PINGS);
    set(&all[FIGURE_FALL], seed, sheet->fall.until_proven, 1);
    set(&all[FIGURE_FALL_DAY], seed, sheet->fall.without_proof, 1);
    set(&all[FIGURE_HOLD], seed, (double)usual->learned.hold_us, 1);
    set(&all[FIGURE_BUDGET], seed, fmax(sheet->budget.over_usd, sheet->estimated.over_usd), 1);
    set(&all[FIGURE_THROTTLE], seed, (double)sheet->throttle.guarded, (double)sheet->throttle.ignored);
    set(&all[FIGURE_THROTTLE_FIXED], seed, (double)sheet->throttle_fixed.guarded,
        (double)sheet->throttle_fixed.ignored);
}

static void take_colds(struct asides *asides, const struct sheet *sheets, int seeds)
{
    struct traffic_counts learned = {0}, fixed = {0}, oracle = {0};
    for (int seed = 0; seed < seeds; seed++) {
        learned = traffic_sum(learned, sheets[seed].usual.learned.traffic);
        fixed = traffic_sum(fixed, sheets[seed].usual.fixed.traffic);
        oracle = traffic_sum(oracle, sheets[seed].usual.volleys.traffic);
    }
    asides->burst_cold = ratio((double)learned.burst_within_cold, (double)learned.burst_within);
    asides->fixed_burst_cold = ratio((double)fixed.burst_within_cold, (double)fixed.burst_within);
    asides->fixed_cold = ratio((double)fixed.within_cold, (double)fixed.within);
    asides->oracle_cold = ratio((double)oracle.within_cold, (double)oracle.within);
}

static void take_asides(struct asides *asides, const struct sheet *sheets, int seeds)
{
    double guarded = 0, ignored = 0;
    *asides = (struct asides){.budget_used = 1};
    for (int seed = 0; seed < seeds; seed++) {
        const struct sheet *sheet = &sheets[seed];
        asides->interval_min += (double)sheet->usual.learned.interval_us / (double)MINUTE_US / seeds;
        asides->budget_used =
            fmin(asides->budget_used, fmin(sheet->budget.least_used, sheet->estimated.least_used));
        guarded += (double)sheet->throttle.guarded_with_first;
        ignored += (double)sheet->throttle.ignored_with_first;
    }
    asides->throttle_with_first = ratio(guarded, ignored);
    take_colds(asides, sheets, seeds);
}

void figures_run(struct figures *figures, int seeds)
{
    static struct sheet sheets[SEEDS_MOST];
    memcpy(figures->figures, figures_blank, sizeof figures_blank);
    figures->seeds = seeds < SEEDS_MOST ? seeds : SEEDS_MOST;
    parallel((size_t)figures->seeds, sizeof *sheets, sheets, fill_sheet, NULL);
    for (int seed = 0; seed < figures->seeds; seed++)
        take_sheet(figures, seed, &sheets[seed]);
    take_asides(&figures->asides, sheets, figures->seeds);
}

const char *figure_show(const struct figure *figure, double value, char buffer[FIGURE_TEXT_MAX])
{
    snprintf(buffer, FIGURE_TEXT_MAX, "%s%.*f%s", figure->currency ? figure->currency : "", figure->digits,
             value * figure->scale, figure->unit ? figure->unit : "");
    return buffer;
}
