#include "decide/schedule.h"

#include "../near.h"
#include "base/clock.h"
#include "base/timezone.h"
#include "decide/windows.h"

static const struct endpoint five_minutes = {
    .warm = 20, .interval_us = 300 * US_PER_S, .jitter_us = 10 * US_PER_S, .enabled = true};

static const uint64_t monday_us = UINT64_C(1795996800) * US_PER_S; /* 2026-11-30T00:00:00Z */

#define HOUR_US (3600 * US_PER_S)

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
        struct schedule next = schedule_next(five_minutes.interval_us, five_minutes.jitter_us, &schedule,
                                             schedule.due_us, next_random(&seed));
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
    struct schedule next =
        schedule_next(five_minutes.interval_us, five_minutes.jitter_us, &before, woken_us, 12345);
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
        struct schedule next =
            schedule_next(widest.interval_us, widest.jitter_us, &schedule, now_us, next_random(&seed));
        assert_true(next.due_us > now_us);
        schedule = next;
    }
}

static void a_reload_shortens_a_long_wait(void **state)
{
    (void)state;
    struct schedule before = {.grid_us = 3600 * US_PER_S, .due_us = 3600 * US_PER_S};
    struct schedule kept =
        schedule_keep(five_minutes.interval_us, five_minutes.jitter_us, &before, 3500 * US_PER_S);
    assert_int_equal(kept.due_us, before.due_us);
    struct schedule sooner =
        schedule_keep(five_minutes.interval_us, five_minutes.jitter_us, &before, 10 * US_PER_S);
    assert_int_equal(sooner.due_us, 310 * US_PER_S);
}

static void a_month_has_thirty_days(void **state)
{
    (void)state;
    struct endpoint disabled = five_minutes;
    disabled.enabled = false;
    struct schedule_month month = schedule_month(&five_minutes, five_minutes.interval_us, monday_us);
    assert_near(month.rounds, 8640, 0.001);
    assert_near(month.requests, 172800, 0.001);
    assert_near(month.instance_s, 20 * 2592000.0, 0.001);
    assert_near(month.openings, 0, 0.001);
    /* The learned interval counts, not the configured one. */
    month = schedule_month(&five_minutes, 2 * five_minutes.interval_us, monday_us);
    assert_near(month.requests, 86400, 0.001);
    assert_near(schedule_month(&disabled, disabled.interval_us, monday_us).requests, 0, 0.001);
}

static void a_restart_is_no_ping_storm(void **state)
{
    (void)state;
    struct schedule first = schedule_first(1000, 0, 0, 1);
    uint64_t now_real_us = 1000000 * US_PER_S;
    uint64_t due_us =
        schedule_resume(five_minutes.interval_us, first, now_real_us - 100 * US_PER_S, now_real_us, 1000)
            .due_us;
    assert_int_equal(due_us, 1000 + 200 * US_PER_S);
    /* Long ago, never, or in the future: at once. */
    assert_int_equal(
        schedule_resume(five_minutes.interval_us, first, now_real_us - 301 * US_PER_S, now_real_us, 1000)
            .due_us,
        1000);
    assert_int_equal(schedule_resume(five_minutes.interval_us, first, 0, now_real_us, 1000).due_us, 1000);
    assert_int_equal(
        schedule_resume(five_minutes.interval_us, first, now_real_us + US_PER_S, now_real_us, 1000).due_us,
        1000);
    /* The stagger still counts. */
    struct schedule later = {.grid_us = 400 * US_PER_S, .due_us = 400 * US_PER_S};
    assert_int_equal(
        schedule_resume(five_minutes.interval_us, later, now_real_us - 100 * US_PER_S, now_real_us, 1000)
            .due_us,
        400 * US_PER_S);
}

/* Ten working hours a day; the schedule's clock is at 1 h at the beginning of Monday. */
static struct window office = {
    .days = 31, .from_s = 8 * 3600, .to_s = 18 * 3600, .warm = 20, .lead_us = 120 * US_PER_S};
static const struct endpoint office_hours = {.windows = &office,
                                             .n_windows = 1,
                                             .interval_us = 300 * US_PER_S,
                                             .jitter_us = 10 * US_PER_S,
                                             .enabled = true};

static uint64_t due_in_windows(const struct endpoint *endpoint, uint64_t after_midnight_us,
                               uint64_t due_in_us)
{
    uint64_t now_us = HOUR_US + after_midnight_us;
    struct schedule next = {.grid_us = now_us + due_in_us, .due_us = now_us + due_in_us};
    next = schedule_in_windows(endpoint, next, now_us, monday_us + after_midnight_us);
    if (next.due_us == UINT64_MAX)
        return UINT64_MAX;
    assert_int_equal(next.grid_us, next.due_us);
    return next.due_us - HOUR_US;
}

static void a_window_opens_with_a_round(void **state)
{
    (void)state;
    uint64_t opens_us = 8 * HOUR_US - 120 * US_PER_S;
    /* Resting, however long the wait would be, or wherever the round would be in the window. */
    assert_int_equal(due_in_windows(&office_hours, HOUR_US, 0), opens_us);
    assert_int_equal(due_in_windows(&office_hours, HOUR_US, 300 * US_PER_S), opens_us);
    assert_int_equal(due_in_windows(&office_hours, HOUR_US, 9 * HOUR_US), opens_us);
    /* At the moment of opening, and within the window, nothing is moved. */
    assert_int_equal(due_in_windows(&office_hours, opens_us, 0), opens_us);
    assert_int_equal(due_in_windows(&office_hours, 10 * HOUR_US, 300 * US_PER_S),
                     10 * HOUR_US + 300 * US_PER_S);
}

static void no_round_while_it_rests(void **state)
{
    (void)state;
    uint64_t tomorrow_us = 32 * HOUR_US - 120 * US_PER_S, closes_us = 18 * HOUR_US;
    assert_int_equal(due_in_windows(&office_hours, closes_us - US_PER_S, US_PER_S), tomorrow_us);
    assert_int_equal(due_in_windows(&office_hours, closes_us - US_PER_S, US_PER_S - 1), closes_us - 1);
    struct endpoint never = {.enabled = true, .interval_us = US_PER_S};
    assert_true(due_in_windows(&never, 0, 0) == UINT64_MAX);
}

static uint64_t rest_in_windows(const struct endpoint *endpoint, uint64_t after_midnight_us, uint64_t due_us)
{
    uint64_t now_us = HOUR_US + after_midnight_us;
    uint64_t rest_us = schedule_rest(endpoint, due_us, now_us, monday_us + after_midnight_us);
    return rest_us == UINT64_MAX ? UINT64_MAX : rest_us - HOUR_US;
}

static void the_rest_begins_when_the_last_window_closes(void **state)
{
    (void)state;
    uint64_t closes_us = 18 * HOUR_US;
    assert_int_equal(rest_in_windows(&office_hours, 10 * HOUR_US, 33 * HOUR_US), closes_us);
    assert_int_equal(rest_in_windows(&office_hours, closes_us - 1, UINT64_MAX), closes_us);
    /* A round comes before that, or it rests already, or never. */
    assert_true(rest_in_windows(&office_hours, 10 * HOUR_US, 19 * HOUR_US) == UINT64_MAX);
    assert_true(rest_in_windows(&office_hours, closes_us, 33 * HOUR_US) == UINT64_MAX);
    struct endpoint always = office_hours;
    always.warm = 5;
    assert_true(rest_in_windows(&always, 10 * HOUR_US, UINT64_MAX) == UINT64_MAX);
    /* With fewer at the end. */
    struct window evening[] = {office, {.days = 31, .from_s = 17 * 3600, .to_s = 20 * 3600, .warm = 2}};
    struct endpoint late = office_hours;
    late.windows = evening, late.n_windows = 2;
    assert_int_equal(rest_in_windows(&late, 10 * HOUR_US, 33 * HOUR_US), 20 * HOUR_US);
}

static void more_wanted_is_a_round_at_once_and_less_is_not(void **state)
{
    (void)state;
    struct endpoint always = office_hours;
    always.warm = 5;
    uint64_t opens_us = 8 * HOUR_US - 120 * US_PER_S, closes_us = 18 * HOUR_US;
    assert_int_equal(due_in_windows(&always, opens_us - US_PER_S, 300 * US_PER_S), opens_us);
    assert_int_equal(due_in_windows(&always, opens_us - 300 * US_PER_S, 200 * US_PER_S),
                     opens_us - 100 * US_PER_S);
    assert_int_equal(due_in_windows(&always, closes_us - US_PER_S, 300 * US_PER_S),
                     closes_us + 299 * US_PER_S);
}

/* Round by round over two weeks, as the daemon would, but for the jitter. */
static void a_week_of_rounds_is_what_the_month_is_made_of(void **state)
{
    (void)state;
    struct window lunch[] = {office,
                             {.days = 127, .from_s = 12 * 3600, .to_s = 12 * 3600 + 1000, .warm = 50}};
    struct endpoint endpoint = {
        .windows = lunch, .n_windows = 2, .interval_us = 420 * US_PER_S, .enabled = true};
    uint64_t offset_us = monday_us - HOUR_US, end_us = HOUR_US + 14 * 24 * HOUR_US;
    struct schedule next = schedule_first(HOUR_US, 0, 0, 1);
    double rounds = 0, requests = 0;
    uint64_t now_us = HOUR_US;
    while ((next = schedule_in_windows(&endpoint, next, now_us, now_us + offset_us)).due_us < end_us) {
        now_us = next.due_us;
        rounds++;
        requests += windows_at(&endpoint, now_us + offset_us).warm;
        next = schedule_next(endpoint.interval_us, 0, &next, now_us, 0);
    }
    struct schedule_month month = schedule_month(&endpoint, endpoint.interval_us, monday_us + 99 * US_PER_S);
    assert_near(month.rounds, rounds * 15 / 7, 0.001);
    assert_near(month.requests, requests * 15 / 7, 0.001);
    double week_s = 5 * (20 * (10 * 3600.0 + 120 - 1000) + 50 * 1000) + 2 * 50 * 1000;
    assert_near(month.instance_s, week_s * 30 / 7, 0.001);
    assert_near(month.openings, (5 * (20 + 30) + 2 * 50) * 30.0 / 7, 0.001);
}

int main(void)
{
    timezone_use("UTC");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_rounds_are_spread),
        cmocka_unit_test(a_month_of_rounds_keeps_the_grid),
        cmocka_unit_test(a_sleep_is_not_made_up_for),
        cmocka_unit_test(the_next_round_is_always_ahead),
        cmocka_unit_test(a_reload_shortens_a_long_wait),
        cmocka_unit_test(a_month_has_thirty_days),
        cmocka_unit_test(a_restart_is_no_ping_storm),
        cmocka_unit_test(a_window_opens_with_a_round),
        cmocka_unit_test(the_rest_begins_when_the_last_window_closes),
        cmocka_unit_test(no_round_while_it_rests),
        cmocka_unit_test(more_wanted_is_a_round_at_once_and_less_is_not),
        cmocka_unit_test(a_week_of_rounds_is_what_the_month_is_made_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
