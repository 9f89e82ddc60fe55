#include "decide/policy.h"

#include "../cmocka_all.h"
#include "base/clock.h"

#include <string.h>

#define MINUTE_US (60 * US_PER_S)
#define NOW_US (UINT64_C(1764000000) * US_PER_S)
#define BOOT_US (1000 * US_PER_S)

enum { MOST = 4000 };

/* An endpoint in a day of virtual time: its rounds are answered by instances 1 to N. */
struct scene {
    struct endpoint endpoint;
    struct throttle throttle;
    struct policy_state policy;
    struct order order;
    struct policy_outcome outcome;
    uint64_t now_us; /* CLOCK_REALTIME */
    struct sighting sightings[MOST];
};

static int scene_open(void **state)
{
    static char url[] = "https://h.example/a", name[] = "a";
    struct scene *scene = *state = calloc(1, sizeof *scene);
    if (!scene)
        return 1;
    scene->endpoint = (struct endpoint){.name = name,
                                        .url = url,
                                        .warm = 20,
                                        .interval_us = 5 * MINUTE_US,
                                        .interval_auto = true,
                                        .interval_min_us = MINUTE_US,
                                        .interval_max_us = 60 * MINUTE_US,
                                        .jitter_us = 10 * US_PER_S,
                                        .hold_us = 75 * US_PER_MS,
                                        .hold_auto = true,
                                        .attempts = 3};
    scene->throttle = (struct throttle){.share = 1};
    scene->now_us = NOW_US;
    policy_init(&scene->policy, &scene->endpoint);
    return 0;
}

static int scene_close(void **state)
{
    struct scene *scene = *state;
    policy_free(&scene->policy);
    free(scene);
    return 0;
}

static struct order order(struct scene *scene, uint32_t wanted)
{
    return scene->order =
               policy_order(&scene->policy, &scene->endpoint, &scene->throttle, wanted, true, scene->now_us);
}

static uint32_t take(struct scene *scene, const struct observation *observation)
{
    scene->now_us += observation->elapsed_us;
    assert_int_equal(policy_take(&scene->policy, &scene->endpoint, &scene->throttle, &scene->order,
                                 observation, scene->now_us, &scene->outcome),
                     0);
    return scene->outcome.events;
}

/* Instances FIRST to FIRST + N − 1 answer an order, COLD of them, the last ones, by a cold start. */
static struct observation answer(struct scene *scene, uint64_t first, uint32_t n, uint32_t cold)
{
    for (uint32_t i = 0; i < n; i++)
        scene->sightings[i] = (struct sighting){.id = first + i, .born = i >= n - cold};
    return (struct observation){.sent = n,
                                .ok = n,
                                .named = true,
                                .cold_known = true,
                                .cold = cold,
                                .skew_us = US_PER_MS,
                                .hold_us = scene->order.hold_us,
                                .first_ok = n,
                                .first_distinct = n,
                                .enough_us = scene->order.hold_us,
                                .version = 1,
                                .elapsed_us = policy_interval_us(&scene->policy, &scene->endpoint),
                                .sightings = scene->sightings,
                                .n_sightings = n};
}

/* An order, and its answer. */
static uint32_t pass(struct scene *scene, uint32_t wanted, uint64_t first, uint32_t cold)
{
    struct order ordered = order(scene, wanted);
    struct observation observation = answer(scene, first, ordered.count, cold);
    return take(scene, &observation);
}

static uint32_t fail_round(struct scene *scene, uint64_t after_us)
{
    struct observation failed = {.sent = 20, .failed = 20, .elapsed_us = after_us};
    order(scene, 20);
    return take(scene, &failed);
}

static void an_order_is_for_all_with_the_learned_hold(void **state)
{
    struct scene *scene = *state;
    struct order first = order(scene, 20);
    assert_int_equal(first.kind, ORDER_FULL);
    assert_int_equal(first.count, 20);
    assert_int_equal(first.attempts, 3);
    assert_int_equal(first.hold_us, 75 * US_PER_MS);
    for (int round = 0; round < 20; round++)
        pass(scene, 20, 1, round ? 0 : 20);
    assert_int_equal(order(scene, 20).hold_us, 2 * US_PER_MS);
    assert_true(policy_interval_us(&scene->policy, &scene->endpoint) > 6 * MINUTE_US);
}

static void what_is_configured_is_not_learned(void **state)
{
    struct scene *scene = *state;
    scene->endpoint.interval_auto = scene->endpoint.hold_auto = false;
    policy_adopt(&scene->policy, &scene->endpoint);
    for (int round = 0; round < 20; round++)
        assert_int_equal(pass(scene, 20, 1, round ? 0 : 20), 0);
    assert_int_equal(policy_interval_us(&scene->policy, &scene->endpoint), 5 * MINUTE_US);
    assert_int_equal(policy_hold_us(&scene->policy, &scene->endpoint), 75 * US_PER_MS);
}

static void resting_and_a_spent_budget_ask_for_nothing(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(order(scene, 0).kind, ORDER_RESTING);
    struct order broke =
        policy_order(&scene->policy, &scene->endpoint, &scene->throttle, 20, false, scene->now_us);
    assert_int_equal(broke.kind, ORDER_BUDGET);
    assert_int_equal(broke.count, 0);
}

static void windows_change_what_is_wanted_and_teach_nothing(void **state)
{
    struct scene *scene = *state;
    pass(scene, 100, 1, 100);
    for (int round = 0; round < 10; round++)
        pass(scene, 100, 1, 0);
    uint64_t interval_us = policy_interval_us(&scene->policy, &scene->endpoint);
    pass(scene, 5, 1, 0);    /* a window closes: 95 are not asked for */
    pass(scene, 100, 1, 95); /* and opens: those have died meanwhile, or are new */
    assert_true(policy_interval_us(&scene->policy, &scene->endpoint) >= interval_us);
    assert_int_equal(order(scene, 100).kind, ORDER_FULL);
}

static void a_throttle_halves_waits_and_is_over(void **state)
{
    struct scene *scene = *state;
    pass(scene, 20, 1, 20);
    struct observation observation = answer(scene, 1, 12, 0);
    observation.sent = 20;
    observation.throttled = 8;
    order(scene, 20);
    assert_int_equal(take(scene, &observation) & POLICY_THROTTLED, POLICY_THROTTLED);
    assert_true(scene->outcome.again);
    assert_true(scene->outcome.again_us >= 2 * 5 * MINUTE_US);
    struct order waiting = order(scene, 20);
    assert_int_equal(waiting.kind, ORDER_THROTTLED);
    assert_int_equal(waiting.count, 0);
    scene->now_us += waiting.wait_us;
    struct order half = order(scene, 20);
    assert_int_equal(half.kind, ORDER_HALVED);
    assert_int_equal(half.count, 10);
    assert_int_equal(half.attempts, 1);
    uint32_t events = 0;
    for (int round = 0; round < 10; round++)
        events |= pass(scene, 20, 1, 0);
    assert_int_equal(events & POLICY_THROTTLE_OVER, POLICY_THROTTLE_OVER);
    assert_int_equal(order(scene, 20).kind, ORDER_FULL);
}

/* Instances that a halved round left out are not taken for dead when they are asked for again. */
static void a_throttle_is_no_change_of_lifetimes(void **state)
{
    struct scene *scene = *state;
    for (int round = 0; round < 30; round++)
        pass(scene, 20, 1, round ? 0 : 20);
    uint64_t interval_us = policy_interval_us(&scene->policy, &scene->endpoint);
    struct observation observation = answer(scene, 1, 10, 0);
    observation.throttled = 10;
    order(scene, 20);
    take(scene, &observation);
    scene->now_us += 60 * MINUTE_US;
    for (uint32_t share = 10; share <= 20; share += 2) {
        struct observation more = answer(scene, 1, share, share == 10 ? 0 : 2);
        order(scene, 20);
        take(scene, &more);
    }
    assert_true(policy_interval_us(&scene->policy, &scene->endpoint) >= interval_us * 9 / 10);
}

static void a_cold_thousand_is_ramped(void **state)
{
    struct scene *scene = *state;
    struct order first = order(scene, 3500);
    assert_int_equal(first.kind, ORDER_RAMP);
    assert_int_equal(first.count, 1000);
    assert_int_equal(first.attempts, 1);
    for (uint32_t count = 1000; count < 3500; count += 1000) {
        struct observation observation = answer(scene, 1, count, 1000);
        observation.elapsed_us = 10 * US_PER_S;
        assert_int_equal(order(scene, 3500).count, count);
        take(scene, &observation);
        assert_true(scene->outcome.again);
        assert_int_equal(scene->outcome.again_us, 10 * US_PER_S);
    }
    struct order last = order(scene, 3500);
    assert_int_equal(last.kind, ORDER_FULL);
    assert_int_equal(last.count, 3500);
    struct observation observation = answer(scene, 1, 3500, 500);
    take(scene, &observation);
    assert_false(scene->outcome.again);
    /* After a pause they are dead, and it begins anew; a clock that was set back is as good as a pause. */
    scene->now_us += 30 * MINUTE_US;
    assert_int_equal(order(scene, 3500).count, 1000);
    scene->now_us -= 60 * MINUTE_US;
    assert_int_equal(order(scene, 3500).count, 1000);
}

static void failing_and_recovering_are_told_once(void **state)
{
    struct scene *scene = *state;
    uint64_t interval_us = policy_interval_us(&scene->policy, &scene->endpoint);
    pass(scene, 20, 1, 20);
    assert_int_equal(fail_round(scene, 5 * MINUTE_US), POLICY_FAILING);
    assert_true(scene->outcome.again);
    assert_true(scene->outcome.again_us < interval_us / 8);
    assert_int_equal(order(scene, 20).kind, ORDER_FAILING);
    assert_int_equal(order(scene, 20).count, 2);
    for (int round = 0; round < 9; round++)
        assert_int_equal(fail_round(scene, MINUTE_US), 0);
    struct order probe = order(scene, 20);
    struct observation back = answer(scene, 1, probe.count, 2);
    back.elapsed_us = MINUTE_US;
    assert_int_equal(take(scene, &back), POLICY_RECOVERED);
    assert_int_equal(scene->outcome.failed_for_us, 10 * MINUTE_US);
    assert_true(scene->outcome.again);
    assert_int_equal(scene->outcome.again_us, 0);
    assert_int_equal(order(scene, 20).kind, ORDER_FULL);
}

/* The instances were idle for as long as nobody reached them. */
static void idle_time_goes_on_while_an_endpoint_fails(void **state)
{
    struct scene *scene = *state;
    for (int round = 0; round < 5; round++)
        pass(scene, 20, 1, round ? 0 : 20);
    uint64_t interval_us = policy_interval_us(&scene->policy, &scene->endpoint);
    fail_round(scene, 5 * MINUTE_US);
    fail_round(scene, 40 * MINUTE_US);
    struct observation back = answer(scene, 100, 20, 20);
    back.elapsed_us = MINUTE_US;
    order(scene, 20);
    take(scene, &back);
    assert_true(policy_interval_us(&scene->policy, &scene->endpoint) >= interval_us);
    assert_true(scene->policy.interval.lifetimes.died[lifetimes_class(46 * MINUTE_US)] > 0);
}

static void a_deploy_brings_a_round_at_once_and_is_no_loss(void **state)
{
    struct scene *scene = *state;
    for (int round = 0; round < 20; round++)
        pass(scene, 20, 1, round ? 0 : 20);
    uint64_t interval_us = policy_interval_us(&scene->policy, &scene->endpoint);
    struct observation deployed = answer(scene, 100, 20, 20);
    deployed.version = 2;
    order(scene, 20);
    assert_int_equal(take(scene, &deployed) & POLICY_DEPLOYED, POLICY_DEPLOYED);
    assert_true(scene->outcome.again);
    assert_int_equal(scene->outcome.again_us, 0);
    assert_int_equal(policy_interval_us(&scene->policy, &scene->endpoint), interval_us);
    /* An alias that has weights may flip each time. */
    for (uint64_t version = 3; version < 5; version++) {
        struct observation flipped = answer(scene, 100 * version, 20, 20);
        flipped.version = version;
        flipped.elapsed_us = US_PER_S;
        order(scene, 20);
        assert_int_equal(take(scene, &flipped) & POLICY_DEPLOYED, POLICY_DEPLOYED);
        assert_int_equal(scene->outcome.again, version == 4);
    }
}

static void a_version_that_is_not_told_is_no_deploy(void **state)
{
    struct scene *scene = *state;
    pass(scene, 20, 1, 20);
    struct observation silent = answer(scene, 1, 20, 0);
    silent.version = 0;
    order(scene, 20);
    assert_int_equal(take(scene, &silent) & POLICY_DEPLOYED, 0);
    assert_int_equal(pass(scene, 20, 1, 0) & POLICY_DEPLOYED, 0);
}

static void mute_answers_teach_nothing_and_that_is_told_once(void **state)
{
    struct scene *scene = *state;
    struct observation mute = {.sent = 20, .ok = 20, .elapsed_us = 5 * MINUTE_US, .hold_us = 75 * US_PER_MS};
    order(scene, 20);
    assert_int_equal(take(scene, &mute), POLICY_UNPROVEN);
    for (int round = 0; round < 50; round++)
        assert_int_equal(take(scene, &mute), 0);
    assert_int_equal(policy_interval_us(&scene->policy, &scene->endpoint), 5 * MINUTE_US);
    assert_int_equal(policy_hold_us(&scene->policy, &scene->endpoint), 75 * US_PER_MS);
}

static void empty_rounds_change_nothing(void **state)
{
    struct scene *scene = *state;
    struct observation empty = {.elapsed_us = 5 * MINUTE_US};
    order(scene, 20);
    for (int round = 0; round < 5; round++)
        assert_int_equal(take(scene, &empty), 0);
    assert_false(scene->outcome.again);
    assert_int_equal(policy_interval_us(&scene->policy, &scene->endpoint), 5 * MINUTE_US);
}

static void learned_changes_are_told_when_they_are_large(void **state)
{
    struct scene *scene = *state;
    uint32_t intervals = 0, holds = 0;
    for (int round = 0; round < 20; round++) {
        uint32_t events = pass(scene, 20, 1, round ? 0 : 20);
        intervals += (events & POLICY_INTERVAL) != 0;
        holds += (events & POLICY_HOLD) != 0;
    }
    assert_in_range(intervals, 1, 20);
    assert_in_range(holds, 2, 4); /* 75, 25, 8, 2 */
}

static void a_restart_goes_on_where_it_was(void **state)
{
    struct scene *scene = *state;
    for (int round = 0; round < 10; round++)
        pass(scene, 20, 1, round ? 0 : 20);
    struct policy_state before = scene->policy;
    policy_adopt(&scene->policy, &scene->endpoint);
    assert_memory_equal(&scene->policy, &before, sizeof before);
    /* It isn't known how long the instances were idle: nothing is taken for dead. */
    struct observation first = answer(scene, 100, 20, 20);
    first.elapsed_us = 0;
    order(scene, 20);
    take(scene, &first);
    assert_int_equal(policy_interval_us(&scene->policy, &scene->endpoint), before.interval.interval_us);
    pass(scene, 20, 100, 0);
    assert_true(policy_interval_us(&scene->policy, &scene->endpoint) >= before.interval.interval_us);
}

static void a_reload_brings_new_bounds_and_drops_what_is_no_longer_learned(void **state)
{
    struct scene *scene = *state;
    for (int round = 0; round < 20; round++)
        pass(scene, 20, 1, round ? 0 : 20);
    scene->endpoint.interval_max_us = 6 * MINUTE_US;
    policy_adopt(&scene->policy, &scene->endpoint);
    assert_int_equal(policy_interval_us(&scene->policy, &scene->endpoint), 6 * MINUTE_US);
    assert_int_equal(policy_hold_us(&scene->policy, &scene->endpoint), 2 * US_PER_MS);
    scene->endpoint.hold_auto = false;
    scene->endpoint.hold_us = 50 * US_PER_MS;
    policy_adopt(&scene->policy, &scene->endpoint);
    assert_int_equal(policy_hold_us(&scene->policy, &scene->endpoint), 50 * US_PER_MS);
    scene->endpoint.hold_auto = true;
    policy_adopt(&scene->policy, &scene->endpoint);
    assert_int_equal(policy_hold_us(&scene->policy, &scene->endpoint), 50 * US_PER_MS);
    assert_int_equal(policy_interval_us(&scene->policy, &scene->endpoint), 6 * MINUTE_US);
}

static void another_function_is_learned_anew(void **state)
{
    static char other[] = "https://h.example/b";
    struct scene *scene = *state;
    for (int round = 0; round < 20; round++)
        pass(scene, 20, 1, round ? 0 : 20);
    scene->endpoint.url = other;
    policy_adopt(&scene->policy, &scene->endpoint);
    assert_int_equal(policy_interval_us(&scene->policy, &scene->endpoint), 5 * MINUTE_US);
    assert_int_equal(scene->policy.retention.n, 0);
}

static void a_learned_interval_is_never_exceeded(void **state)
{
    struct scene *scene = *state;
    struct policy_outcome usual = {0};
    struct schedule before = {0};
    for (uint64_t random = 0; random < 100; random++) {
        struct schedule next = policy_schedule(&scene->policy, &scene->endpoint, &usual, &before, BOOT_US,
                                               BOOT_US + US_PER_S, random * UINT64_C(0x9e3779b97f4a7c15));
        assert_in_range(next.due_us, BOOT_US + 5 * MINUTE_US - 10 * US_PER_S, BOOT_US + 5 * MINUTE_US);
    }
    /* A round that took longer than the interval is followed at once. */
    uint64_t late_us = BOOT_US + 10 * MINUTE_US;
    assert_int_equal(
        policy_schedule(&scene->policy, &scene->endpoint, &usual, &before, BOOT_US, late_us, 5).due_us,
        late_us);
}

static void what_comes_again_comes_then(void **state)
{
    struct scene *scene = *state;
    struct policy_outcome again = {.again = true, .again_us = 20 * US_PER_S}, at_once = {.again = true};
    struct schedule before = {0};
    assert_int_equal(policy_schedule(&scene->policy, &scene->endpoint, &again, &before, BOOT_US,
                                     BOOT_US + US_PER_S, UINT64_MAX)
                         .due_us,
                     BOOT_US + 20 * US_PER_S);
    assert_int_equal(policy_schedule(&scene->policy, &scene->endpoint, &at_once, &before, BOOT_US,
                                     BOOT_US + US_PER_S, UINT64_MAX)
                         .due_us,
                     BOOT_US + US_PER_S);
}

static void a_configured_interval_keeps_its_grid(void **state)
{
    struct scene *scene = *state;
    struct policy_outcome usual = {0};
    struct schedule before = {.grid_us = BOOT_US, .due_us = BOOT_US + 7 * US_PER_S};
    scene->endpoint.interval_auto = false;
    struct schedule next = policy_schedule(&scene->policy, &scene->endpoint, &usual, &before,
                                           BOOT_US + 7 * US_PER_S, BOOT_US + 8 * US_PER_S, 12345);
    assert_int_equal(next.grid_us, BOOT_US + 5 * MINUTE_US);
    assert_in_range(next.due_us, next.grid_us - 10 * US_PER_S, next.grid_us + 10 * US_PER_S);
}

#define IN_A_SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_SCENE(an_order_is_for_all_with_the_learned_hold),
        IN_A_SCENE(what_is_configured_is_not_learned),
        IN_A_SCENE(resting_and_a_spent_budget_ask_for_nothing),
        IN_A_SCENE(windows_change_what_is_wanted_and_teach_nothing),
        IN_A_SCENE(a_throttle_halves_waits_and_is_over),
        IN_A_SCENE(a_throttle_is_no_change_of_lifetimes),
        IN_A_SCENE(a_cold_thousand_is_ramped),
        IN_A_SCENE(failing_and_recovering_are_told_once),
        IN_A_SCENE(idle_time_goes_on_while_an_endpoint_fails),
        IN_A_SCENE(a_deploy_brings_a_round_at_once_and_is_no_loss),
        IN_A_SCENE(a_version_that_is_not_told_is_no_deploy),
        IN_A_SCENE(mute_answers_teach_nothing_and_that_is_told_once),
        IN_A_SCENE(empty_rounds_change_nothing),
        IN_A_SCENE(learned_changes_are_told_when_they_are_large),
        IN_A_SCENE(a_restart_goes_on_where_it_was),
        IN_A_SCENE(a_reload_brings_new_bounds_and_drops_what_is_no_longer_learned),
        IN_A_SCENE(another_function_is_learned_anew),
        IN_A_SCENE(a_learned_interval_is_never_exceeded),
        IN_A_SCENE(what_comes_again_comes_then),
        IN_A_SCENE(a_configured_interval_keeps_its_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
