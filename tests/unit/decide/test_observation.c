#include "decide/observation.h"

#include "../cmocka_all.h"
#include "base/clock.h"
#include "base/text.h"
#include "decide/verdict.h"

#include <string.h>

static struct sample answered(uint32_t attempt, const char *instance, enum coldness cold)
{
    return (struct sample){.attempt = attempt,
                           .outcome = OUTCOME_OK,
                           .instance = instance ? strdup(instance) : NULL,
                           .version = strdup("7"),
                           .cold = cold,
                           .release_ns = 1,
                           .end_ns = 2};
}

/* What a round of these samples shows, whose first attempt asked to hold for 10 ms. */
static struct observation observe(const struct sample *samples, size_t n, uint32_t attempts)
{
    static const struct attempt attempts_of[3] = {{.hold_us = 10000}, {.hold_us = 20000}, {.hold_us = 40000}};
    struct observation observation;
    struct round *round = calloc(1, sizeof *round);
    round->samples = calloc(n + 1, sizeof *samples);
    if (n)
        memcpy(round->samples, samples, n * sizeof *samples);
    round->n_samples = n;
    memcpy(round->attempts, attempts_of, sizeof attempts_of);
    round->n_attempts = attempts;
    assert_int_equal(verdict_reach(round), 0);
    assert_int_equal(observation_of(round, 300 * US_PER_S, &observation), 0);
    round_free(round);
    return observation;
}

static void all_that_is_learned_from_is_taken(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, "a", COLD_NO),
                               answered(1, "b", COLD_YES),
                               {.attempt = 1, .outcome = OUTCOME_THROTTLED, .cause = CAUSE_THROTTLED},
                               {.attempt = 1, .outcome = OUTCOME_FAILED, .cause = CAUSE_REFUSED}};
    struct observation observation = observe(samples, 4, 1);
    assert_int_equal(observation.sent, 4);
    assert_int_equal(observation.ok, 2);
    assert_int_equal(observation.throttled, 1);
    assert_int_equal(observation.failed, 1);
    assert_true(observation.named && observation.cold_known);
    assert_int_equal(observation.cold, 1);
    assert_int_equal(observation.elapsed_us, 300 * US_PER_S);
    assert_int_equal(observation.version, text_hash("7"));
    assert_int_equal(observation.n_sightings, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(observation.sightings[i].born, observation.sightings[i].id == text_hash("b"));
    assert_int_equal(observation.enough_us, 10000);
    observation_free(&observation);
}

static void the_first_attempt_judges_the_hold(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, "a", COLD_NO), answered(1, "a", COLD_NO),
                               answered(2, "a", COLD_NO), answered(2, "a", COLD_NO),
                               answered(3, "a", COLD_NO), answered(3, "b", COLD_YES)};
    struct observation observation = observe(samples, 6, 3);
    assert_int_equal(observation.first_ok, 2);
    assert_int_equal(observation.first_distinct, 1);
    assert_int_equal(observation.hold_us, 10000);
    assert_int_equal(observation.enough_us, 40000);
    assert_int_equal(observation.n_sightings, 2);
    observation_free(&observation);
}

static void an_instance_that_was_born_in_one_attempt_was_born(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, "a", COLD_YES), answered(1, "b", COLD_NO),
                               answered(2, "a", COLD_NO), answered(2, "b", COLD_NO)};
    struct observation observation = observe(samples, 4, 2);
    assert_int_equal(observation.n_sightings, 2);
    assert_int_equal(observation.sightings[0].born + observation.sightings[1].born, 1);
    assert_true(observation.sightings[0].id < observation.sightings[1].id);
    observation_free(&observation);
}

static void no_attempt_was_enough(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, "a", COLD_NO), answered(1, "a", COLD_NO)};
    struct observation observation = observe(samples, 2, 1);
    assert_int_equal(observation.enough_us, 0);
    observation_free(&observation);
}

static void what_is_not_said_is_not_known(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, NULL, COLD_NO), answered(1, "a", COLD_UNKNOWN)};
    struct observation observation = observe(samples, 2, 1);
    assert_false(observation.named);
    assert_false(observation.cold_known);
    assert_int_equal(observation.n_sightings, 0);
    observation_free(&observation);
}

static void an_empty_round_shows_nothing(void **state)
{
    (void)state;
    struct observation observation = observe(NULL, 0, 1);
    assert_int_equal(observation.sent + observation.ok + observation.first_ok, 0);
    assert_false(observation.named || observation.cold_known);
    observation_free(&observation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_learned_from_is_taken),
        cmocka_unit_test(the_first_attempt_judges_the_hold),
        cmocka_unit_test(an_instance_that_was_born_in_one_attempt_was_born),
        cmocka_unit_test(no_attempt_was_enough),
        cmocka_unit_test(what_is_not_said_is_not_known),
        cmocka_unit_test(an_empty_round_shows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
