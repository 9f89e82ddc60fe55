#include "decide/schedule.h"

#include "base/clock.h"
#include "cmocka_all.h"

#include <math.h>

static const struct endpoint five_minutes = {
    .warm = 20, .interval_us = 300 * US_PER_S, .jitter_us = 10 * US_PER_S, .enabled = true};

/* Deterministic and uniform enough: SplitMix64. */
static uint64_t next_random(uint64_t *seed)
{
    uint64_t mixed = *seed += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

static void first_rounds_are_spread(void **state)
{
    (void)state;
    assert_int_equal(schedule_first(1000, 10 * US_PER_S, 0, 4).due_us, 1000);
    assert_int_equal(schedule_first(1000, 10 * US_PER_S, 1, 4).due_us, 1000 + 2500000);
    assert_int_equal(schedule_first(1000, 10 * US_PER_S, 3, 4).due_us, 1000 + 7500000);
    assert_int_equal(schedule_first(1000, 0, 3, 4).due_us, 1000);
}

static void a_month_of_rounds_keeps_the_grid(void **state)
{
    (void)state;
    uint64_t seed = 1, start_us = 5 * US_PER_S, month_us = UINT64_C(30) * 24 * 3600 * US_PER_S;
    struct schedule schedule = schedule_first(start_us, 0, 0, 1);
    uint64_t rounds = 0, least_us = UINT64_MAX, most_us = 0;
    while (schedule.due_us < start_us + month_us) {
        struct schedule next = schedule_next(&five_minutes, &schedule, schedule.due_us, next_random(&seed));
        uint64_t gap_us = next.due_us - schedule.due_us;
        least_us = gap_us < least_us ? gap_us : least_us;
        most_us = gap_us > most_us ? gap_us : most_us;
        assert_int_equal(next.grid_us - start_us, (rounds + 1) * five_minutes.interval_us);
        schedule = next;
        rounds++;
    }
    assert_in_range(rounds, 8639, 8641);
    assert_true(least_us >= 280 * US_PER_S && most_us <= 320 * US_PER_S);
    assert_true(least_us < 285 * US_PER_S && most_us > 315 * US_PER_S); /* the jitter is really drawn */
}

static void a_sleep_is_not_made_up_for(void **state)
{
    (void)state;
    struct schedule before = schedule_first(0, 0, 0, 1);
    uint64_t woken_us = UINT64_C(7) * 24 * 3600 * US_PER_S + 17;
    struct schedule next = schedule_next(&five_minutes, &before, woken_us, 12345);
    assert_true(next.due_us > woken_us);
    assert_true(next.due_us <= woken_us + five_minutes.interval_us + 2 * five_minutes.jitter_us);
    assert_int_equal(next.grid_us % five_minutes.interval_us, 0);
}

static void the_next_round_is_always_ahead(void **state)
{
    (void)state;
    uint64_t seed = 99;
    struct endpoint widest = {.warm = 1, .interval_us = US_PER_S, .jitter_us = US_PER_S / 2, .enabled = true};
    struct schedule schedule = schedule_first(0, 0, 0, 1);
    for (int i = 0; i < 100000; i++) {
        uint64_t now_us = schedule.due_us + next_random(&seed) % (3 * US_PER_S);
        struct schedule next = schedule_next(&widest, &schedule, now_us, next_random(&seed));
        assert_true(next.due_us > now_us);
        schedule = next;
    }
}

static void a_reload_shortens_a_long_wait(void **state)
{
    (void)state;
    struct schedule before = {.grid_us = 3600 * US_PER_S, .due_us = 3600 * US_PER_S};
    struct schedule kept = schedule_keep(&five_minutes, &before, 3500 * US_PER_S);
    assert_int_equal(kept.due_us, before.due_us);
    struct schedule sooner = schedule_keep(&five_minutes, &before, 10 * US_PER_S);
    assert_int_equal(sooner.due_us, 310 * US_PER_S);
}

static void a_month_has_thirty_days(void **state)
{
    (void)state;
    struct endpoint disabled = five_minutes;
    disabled.enabled = false;
    assert_true(fabs(schedule_requests_per_month(&five_minutes) - 172800) < 0.001);
    assert_true(schedule_requests_per_month(&disabled) < 0.001);
}

static void a_restart_is_no_ping_storm(void **state)
{
    (void)state;
    struct schedule first = schedule_first(1000, 0, 0, 1);
    uint64_t now_real_us = 1000000 * US_PER_S;
    uint64_t due_us =
        schedule_resume(&five_minutes, first, now_real_us - 100 * US_PER_S, now_real_us, 1000).due_us;
    assert_int_equal(due_us, 1000 + 200 * US_PER_S);
    /* Long ago, never, or in the future: at once. */
    assert_int_equal(
        schedule_resume(&five_minutes, first, now_real_us - 301 * US_PER_S, now_real_us, 1000).due_us, 1000);
    assert_int_equal(schedule_resume(&five_minutes, first, 0, now_real_us, 1000).due_us, 1000);
    assert_int_equal(schedule_resume(&five_minutes, first, now_real_us + US_PER_S, now_real_us, 1000).due_us,
                     1000);
    /* The stagger still counts. */
    struct schedule later = {.grid_us = 400 * US_PER_S, .due_us = 400 * US_PER_S};
    assert_int_equal(
        schedule_resume(&five_minutes, later, now_real_us - 100 * US_PER_S, now_real_us, 1000).due_us,
        400 * US_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_rounds_are_spread),       cmocka_unit_test(a_month_of_rounds_keeps_the_grid),
        cmocka_unit_test(a_sleep_is_not_made_up_for),    cmocka_unit_test(the_next_round_is_always_ahead),
        cmocka_unit_test(a_reload_shortens_a_long_wait), cmocka_unit_test(a_month_has_thirty_days),
        cmocka_unit_test(a_restart_is_no_ping_storm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
