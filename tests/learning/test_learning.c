/* The daemon's decisions against a model of AWS, for months of virtual time. docs/learning.md says what the
 * figures mean.
 *
 *   test_learning                 asserts what they must be
 *   test_learning --write FOLDER  brings the tables of FOLDER/learning.md and the plots in FOLDER/learning up
 * to date
 */
#include "../unit/cmocka_all.h"
#include "pictures.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct figures figures;

/* Under valgrind and sanitizers, which are for other mistakes, one seed is enough. */
static int seeds_wanted(void)
{
    const char *seeds = getenv("LEARNING_SEEDS"), *wrapper = getenv("TEST_WRAPPER"),
               *san = getenv("WARMD_SAN");
    if (seeds && atoi(seeds) > 0)
        return atoi(seeds);
    return (wrapper && *wrapper) || (san && *san) ? 1 : SEEDS_MOST;
}

static int run_figures(void **state)
{
    (void)state;
    figures_run(&figures, seeds_wanted());
    return 0;
}

static void is_kept(void **state)
{
    const struct figure *figure = *state;
    double value = figure_over_all(figure, figures.seeds);
    char shown[FIGURE_TEXT_MAX], must[FIGURE_TEXT_MAX];
    print_message("# seeds 1 to %d: %s: %s (must: at most %s)\n", figures.seeds, figure->what,
                  figure_show(figure, value, shown), figure_show(figure, figure->must, must));
    assert_true(value <= figure->must);
    /* Nothing is told by a world in which nothing happened. */
    for (int seed = 0; seed < figures.seeds; seed++)
        assert_true(figure->under[seed] > 0);
}

static void the_worlds_have_what_they_are_for(void **state)
{
    const struct figure *all = figures.figures;
    (void)state;
    assert_true(figure_over_all(&all[FIGURE_COLD], figures.seeds) > 0);
    assert_true(figure_over_all(&all[FIGURE_FALL], figures.seeds) >= 1);
    assert_true(figures.asides.budget_used > 0.9);
    assert_true(figures.asides.fixed_cold > 0);
}

static void the_same_seed_is_the_same_run(void **state)
{
    struct scenario scenario = scenario_usual();
    struct warmer_settings settings = warmer_usual(scenario.warm);
    (void)state;
    scenario.days = 3;
    struct result once = run_warmer(&scenario, &settings, 7), again = run_warmer(&scenario, &settings, 7);
    struct result other = run_warmer(&scenario, &settings, 8);
    assert_memory_equal(&once, &again, sizeof once);
    assert_memory_not_equal(&once, &other, sizeof once);
}

/* Comparisons are of the same traffic. */
static void the_traffic_is_the_same_whoever_warms(void **state)
{
    struct scenario scenario = scenario_usual();
    struct warmer_settings settings = warmer_usual(scenario.warm);
    (void)state;
    scenario.days = 3;
    assert_int_equal(run_warmer(&scenario, &settings, 7).traffic.requests,
                     run_oracle(&scenario, ORACLE_VOLLEYS, 7).traffic.requests);
}

/* Ten are wanted, and never more than five answered at once: five it is, round after round, and the more that
 * are tried are few. */
static void a_ceiling_is_settled_at(void **state)
{
    enum { CEILING = 5, DAYS = 10 };
    struct scenario scenario = scenario_quiet();
    struct warmer_settings settings = warmer_usual(2 * CEILING);
    (void)state;
    scenario.days = DAYS;
    scenario.warm = 2 * CEILING;
    scenario.aws.concurrency = CEILING;
    settings.endpoint.interval_auto = false;
    settings.endpoint.interval_us = 5 * MINUTE_US;
    struct result result = run_warmer(&scenario, &settings, 3);
    double rounds = DAYS * 24 * 12;
    assert_true((double)result.warmer.rounds > 0.99 * rounds); /* there are no long waits */
    assert_true(result.warmer.throttled < 25);
    assert_true((double)(result.warmer.pings - result.warmer.throttled) > 0.99 * CEILING * rounds);
}

static int write_docs(const char *folder)
{
    static struct variants variants;
    char plots[4096];
    snprintf(plots, sizeof plots, "%s/learning", folder);
    figures_run(&figures, SEEDS_MOST);
    variants_run(&variants, 5);
    return report_write(&figures, &variants, folder) && pictures_write(plots) ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_docs(argv[2]);
    struct CMUnitTest tests[FIGURES + 4] = {
        [FIGURES] = cmocka_unit_test(the_same_seed_is_the_same_run),
        [FIGURES + 1] = cmocka_unit_test(the_traffic_is_the_same_whoever_warms),
        [FIGURES + 2] = cmocka_unit_test(the_worlds_have_what_they_are_for),
        [FIGURES + 3] = cmocka_unit_test(a_ceiling_is_settled_at),
    };
    for (size_t i = 0; i < FIGURES; i++)
        tests[i] = (struct CMUnitTest){
            .name = figures_blank[i].name, .test_func = is_kept, .initial_state = &figures.figures[i]};
    return cmocka_run_group_tests(tests, run_figures, NULL);
}
