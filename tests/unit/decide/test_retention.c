#include "decide/retention.h"

#include "../near.h"
#include "base/clock.h"

#include <string.h>

#define MINUTE_US (60 * US_PER_S)

/* One endpoint's rounds. */
struct scene {
    struct retention retention;
    struct lifetimes lifetimes;
    struct retained retained;
};

static int scene_open(void **state)
{
    *state = calloc(1, sizeof(struct scene));
    return *state == NULL;
}

static int scene_close(void **state)
{
    struct scene *scene = *state;
    retention_clear(&scene->retention);
    free(scene);
    return 0;
}

/* A round after MINUTES that sees the instances LETTERS, those in upper case by their cold start. */
static struct retained see(struct scene *scene, uint64_t minutes, const char *letters)
{
    struct sighting sightings[64];
    struct observation observation = {.named = true,
                                      .cold_known = true,
                                      .ok = (uint32_t)strlen(letters),
                                      .elapsed_us = minutes * MINUTE_US,
                                      .sightings = sightings};
    for (int letter = 'a'; letter <= 'z'; letter++) {
        bool born = strchr(letters, letter - 'a' + 'A') != NULL;
        if (born || strchr(letters, letter))
            sightings[observation.n_sightings++] = (struct sighting){.id = (uint64_t)letter, .born = born};
        observation.cold += born;
    }
    assert_int_equal(retention_take(&scene->retention, &observation, &scene->lifetimes, &scene->retained), 0);
    return scene->retained;
}

static double survived_at(const struct scene *scene, uint64_t minutes)
{
    return scene->lifetimes.survived[lifetimes_class(minutes * MINUTE_US)];
}

static double died_at(const struct scene *scene, uint64_t minutes)
{
    return scene->lifetimes.died[lifetimes_class(minutes * MINUTE_US)];
}

static void who_is_seen_again_has_survived(void **state)
{
    struct scene *scene = *state;
    struct retained first = see(scene, 5, "ABC"), again = see(scene, 5, "abc");
    assert_int_equal(first.expected, 0);
    assert_int_equal(first.idle_us, 0);
    assert_int_equal(again.survived, 3);
    assert_int_equal(again.died, 0);
    assert_int_equal(again.idle_us, 5 * MINUTE_US);
    assert_near(survived_at(scene, 5), 3, 1e-9);
    assert_near(survived_at(scene, 1), 3, 1e-9);
    assert_near(survived_at(scene, 6), 0, 1e-9);
}

static void an_instance_testifies_to_an_idle_time_once(void **state)
{
    struct scene *scene = *state;
    see(scene, 5, "ABC");
    for (int round = 0; round < 5; round++)
        see(scene, 5, "abc");
    assert_near(survived_at(scene, 5), 3, 1e-9);
    see(scene, 8, "abc");
    assert_near(survived_at(scene, 5), 3, 1e-9);
    assert_near(survived_at(scene, 8), 3, 1e-9);
}

static void a_cold_start_in_its_place_is_a_death(void **state)
{
    struct scene *scene = *state;
    see(scene, 5, "ABC");
    struct retained retained = see(scene, 5, "abD");
    assert_int_equal(retained.survived, 2);
    assert_int_equal(retained.died, 1);
    assert_near(died_at(scene, 5), 1, 1e-9);
}

static void who_is_displaced_has_not_died(void **state)
{
    struct scene *scene = *state;
    see(scene, 5, "ABC");
    struct retained retained = see(scene, 5, "abd"); /* d was born by real traffic */
    assert_int_equal(retained.died, 0);
    assert_near(died_at(scene, 5), 0, 1e-9);
}

static void who_comes_back_is_taken_out_of_the_count(void **state)
{
    struct scene *scene = *state;
    see(scene, 5, "ABC");
    see(scene, 5, "abD"); /* c was busy with a real request */
    struct retained retained = see(scene, 5, "bcd");
    assert_int_equal(retained.refuted, 1);
    assert_near(died_at(scene, 5), 0, 1e-9);
}

static void a_volley_that_grows_kills_nobody(void **state)
{
    struct scene *scene = *state;
    see(scene, 5, "ABC");
    assert_int_equal(see(scene, 5, "abcDEFGH").died, 0);
    /* One is missing, one more than that is cold: all of the growth and one death. */
    assert_int_equal(see(scene, 5, "abcdefgIJ").died, 1);
}

static void a_volley_that_shrinks_kills_nobody(void **state)
{
    struct scene *scene = *state;
    see(scene, 5, "ABCDEFGH");
    struct retained retained = see(scene, 5, "abc");
    assert_int_equal(retained.died, 0);
    assert_int_equal(retained.survived, 3);
}

static void the_old_retire(void **state)
{
    struct scene *scene = *state;
    see(scene, 5, "ABC");
    for (int round = 0; round < 18; round++)
        see(scene, 5, "abc");
    struct retained retained = see(scene, 5, "abD");
    assert_int_equal(retained.died, 0);
    assert_int_equal(retained.retired, 1);
    assert_near(died_at(scene, 5), 0, 1e-9);
    assert_near(scene->lifetimes.retired, 1, 1e-9);
}

static void those_of_unknown_age_may_be_old(void **state)
{
    struct scene *scene = *state;
    see(scene, 5, "abc"); /* they were there before the daemon */
    struct retained retained = see(scene, 5, "abD");
    assert_int_equal(retained.died, 0);
    assert_int_equal(retained.retired, 1);
}

static void idle_time_adds_up_over_rounds_that_missed_it(void **state)
{
    struct scene *scene = *state;
    see(scene, 5, "ABC");
    see(scene, 5, "abd");
    see(scene, 5, "abc"); /* c was idle for 10 min */
    assert_near(survived_at(scene, 10), 1, 1e-9);
}

static void the_long_absent_are_forgotten(void **state)
{
    struct scene *scene = *state;
    see(scene, 5, "ABC");
    for (int round = 0; round <= RETENTION_ABSENT_MOST; round++)
        see(scene, 5, "ab");
    assert_int_equal(scene->retention.n, 2);
}

static void of_an_unknown_time_nothing_is_learned(void **state)
{
    struct scene *scene = *state;
    see(scene, 5, "ABC");
    struct retained retained = see(scene, 0, "abD");
    assert_int_equal(retained.died + retained.survived + retained.expected, 0);
    assert_near(survived_at(scene, 1), 0, 1e-9);
    /* From then on it is known again. */
    assert_int_equal(see(scene, 5, "abd").survived, 3);
}

static void who_a_throttled_round_misses_is_older_but_not_dead(void **state)
{
    struct scene *scene = *state;
    struct sighting half[] = {{.id = 'a'}, {.id = 'e', .born = true}};
    struct observation throttled = {.named = true,
                                    .cold_known = true,
                                    .ok = 2,
                                    .cold = 1,
                                    .throttled = 2,
                                    .elapsed_us = 5 * MINUTE_US,
                                    .sightings = half,
                                    .n_sightings = 2};
    struct retained retained;
    see(scene, 5, "ABCD");
    assert_int_equal(retention_take(&scene->retention, &throttled, &scene->lifetimes, &retained), 0);
    assert_int_equal(retained.died, 0);
    see(scene, 5, "abcde");
    assert_near(survived_at(scene, 10), 3, 1e-9);
    assert_near(survived_at(scene, 5), 4 + 1, 1e-9);
}

static void times_end_at_their_most(void **state)
{
    struct scene *scene = *state;
    see(scene, 5, "ABC");
    see(scene, 60 * 24 * 60, "abc");
    assert_int_equal(scene->retention.items[0].age_ms, UINT32_MAX);
    see(scene, 5, "abc");
    assert_int_equal(scene->retention.items[0].age_ms, UINT32_MAX);
    assert_int_equal(scene->retention.items[0].idle_ms, 0);
}

static struct retained count(struct scene *scene, uint64_t minutes, uint32_t ok, uint32_t cold)
{
    struct observation observation = {
        .cold_known = true, .ok = ok, .cold = cold, .elapsed_us = minutes * MINUTE_US};
    assert_int_equal(retention_take(&scene->retention, &observation, &scene->lifetimes, &scene->retained), 0);
    return scene->retained;
}

static void without_names_the_oldest_are_replaced(void **state)
{
    struct scene *scene = *state;
    count(scene, 5, 4, 4);
    assert_int_equal(count(scene, 5, 4, 0).survived, 4);
    assert_int_equal(count(scene, 5, 4, 1).died, 1);
    for (int round = 0; round < 18; round++)
        assert_int_equal(count(scene, 5, 4, 0).died, 0);
    /* Three are older than 90 min by now, and one is 90. */
    struct retained retained = count(scene, 5, 4, 3);
    assert_int_equal(retained.retired, 3);
    assert_int_equal(retained.died, 0);
}

static void without_anything_nothing_is_known(void **state)
{
    struct scene *scene = *state;
    struct observation mute = {.ok = 4, .elapsed_us = 5 * MINUTE_US};
    for (int round = 0; round < 3; round++)
        assert_int_equal(retention_take(&scene->retention, &mute, &scene->lifetimes, &scene->retained), 0);
    assert_int_equal(scene->retained.expected, 0);
    assert_int_equal(scene->retention.n, 0);
}

static void names_alone_tell_births_by_new_names(void **state)
{
    struct scene *scene = *state;
    struct sighting before[] = {{.id = 1}, {.id = 2}}, after[] = {{.id = 1}, {.id = 3}};
    struct observation observation = {
        .named = true, .ok = 2, .elapsed_us = 5 * MINUTE_US, .sightings = before, .n_sightings = 2};
    retention_take(&scene->retention, &observation, &scene->lifetimes, &scene->retained);
    observation.sightings = after;
    retention_take(&scene->retention, &observation, &scene->lifetimes, &scene->retained);
    assert_int_equal(scene->retained.died, 1);
}

#define IN_A_SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_SCENE(who_is_seen_again_has_survived),
        IN_A_SCENE(an_instance_testifies_to_an_idle_time_once),
        IN_A_SCENE(a_cold_start_in_its_place_is_a_death),
        IN_A_SCENE(who_is_displaced_has_not_died),
        IN_A_SCENE(who_comes_back_is_taken_out_of_the_count),
        IN_A_SCENE(a_volley_that_grows_kills_nobody),
        IN_A_SCENE(a_volley_that_shrinks_kills_nobody),
        IN_A_SCENE(the_old_retire),
        IN_A_SCENE(those_of_unknown_age_may_be_old),
        IN_A_SCENE(idle_time_adds_up_over_rounds_that_missed_it),
        IN_A_SCENE(the_long_absent_are_forgotten),
        IN_A_SCENE(of_an_unknown_time_nothing_is_learned),
        IN_A_SCENE(who_a_throttled_round_misses_is_older_but_not_dead),
        IN_A_SCENE(times_end_at_their_most),
        IN_A_SCENE(without_names_the_oldest_are_replaced),
        IN_A_SCENE(without_anything_nothing_is_known),
        IN_A_SCENE(names_alone_tell_births_by_new_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
