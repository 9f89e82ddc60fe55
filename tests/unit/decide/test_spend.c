#include "decide/spend.h"

#include "../near.h"
#include "base/clock.h"

#include <string.h>
#include <time.h>

static uint64_t utc(const char *text)
{
    struct tm tm = {0};
    assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm));
    return (uint64_t)timegm(&tm) * US_PER_S;
}

static const struct endpoint dollar = {.budget_usd = 1};

static void it_adds_up_within_a_month(void **state)
{
    (void)state;
    struct spend spend = {0};
    spend_add(&spend, utc("2026-11-01T00:00:00Z"), 0.25);
    spend_add(&spend, utc("2026-11-30T23:59:59Z"), 0.5);
    assert_int_equal(spend.month, 2026 * 12 + 10);
    assert_near(spend.usd, 0.75, 1e-12);
}

static void a_new_month_begins_with_nothing(void **state)
{
    (void)state;
    struct spend spend = {0};
    spend_add(&spend, utc("2026-12-31T23:59:59Z"), 1);
    spend.stopped = true;
    assert_false(spend_allows(&dollar, &spend, utc("2026-12-31T23:59:59Z"), 0.01));
    assert_true(spend_allows(&dollar, &spend, utc("2027-01-01T00:00:00Z"), 1));
    spend_turn(&spend, utc("2027-01-01T00:00:00Z"));
    assert_int_equal(spend.month, 2027 * 12);
    assert_near(spend.usd, 0, 0);
    assert_false(spend.stopped);
}

static void the_next_round_must_fit(void **state)
{
    (void)state;
    struct spend spend = {0};
    uint64_t now_us = utc("2026-11-25T12:00:00Z");
    spend_add(&spend, now_us, 0.75);
    assert_true(spend_allows(&dollar, &spend, now_us, 0.25));
    assert_false(spend_allows(&dollar, &spend, now_us, 0.2501));
    assert_false(spend.stopped); /* that is the caller's to say */
}

static void without_a_budget_anything_goes(void **state)
{
    (void)state;
    struct endpoint endpoint = {0};
    struct spend spend = {0};
    spend_add(&spend, utc("2026-11-25T12:00:00Z"), 1e6);
    assert_true(spend_allows(&endpoint, &spend, utc("2026-11-25T12:00:00Z"), 1e6));
}

static void a_clock_set_back_gains_nothing(void **state)
{
    (void)state;
    struct spend spend = {0};
    spend_add(&spend, utc("2026-12-01T00:00:01Z"), 0.9);
    /* To and fro over the month's end. */
    for (int i = 0; i < 10; i++) {
        assert_false(spend_allows(&dollar, &spend, utc("2026-11-30T23:59:59Z"), 0.2));
        spend_add(&spend, utc("2026-11-30T23:59:59Z"), 0.001);
        assert_false(spend_allows(&dollar, &spend, utc("2026-12-01T00:00:01Z"), 0.2));
        spend_add(&spend, utc("2026-12-01T00:00:01Z"), 0.001);
    }
    assert_near(spend.usd, 0.92, 1e-9);
    assert_int_equal(spend.month, 2026 * 12 + 11);
}

static void a_clock_that_was_years_ahead_does_not_stop_it_for_years(void **state)
{
    (void)state;
    struct spend spend = {0};
    spend_add(&spend, utc("2099-01-01T00:00:00Z"), 0.9);
    spend_add(&spend, utc("2026-11-25T12:00:00Z"), 0.1);
    assert_near(spend.usd, 1, 1e-12); /* nothing is forgotten */
    assert_false(spend_allows(&dollar, &spend, utc("2026-11-30T12:00:00Z"), 0.01));
    assert_true(spend_allows(&dollar, &spend, utc("2026-12-01T00:00:00Z"), 0.01));
}

static void a_clock_that_goes_forward_and_back_forgets_nothing(void **state)
{
    (void)state;
    struct spend spend = {0};
    uint64_t now_us = utc("2026-11-25T12:00:00Z"), days_us = 24 * 3600 * US_PER_S;
    spend_add(&spend, now_us, 0.9);
    for (uint64_t i = 1; i <= 3; i++) {
        spend_add(&spend, now_us + 40 * i * days_us, 0.01);
        assert_false(spend_allows(&dollar, &spend, now_us, 0.2));
        spend_add(&spend, now_us, 0.01);
    }
    assert_near(spend.usd, 0.93, 1e-12);
    assert_int_equal(spend.month, 2026 * 12 + 10);
}

/* Where it is known that the clock was set, nothing more is spent in the month that it says wrongly, and that
 * month begins with nothing once it is there. */
static void a_month_that_begins_by_a_clock_that_was_set_has_spent_as_much(void **state)
{
    (void)state;
    struct spend spend = {0};
    uint64_t now_us = utc("2026-11-25T12:00:00Z"), later_us = now_us + 40 * 24 * 3600 * US_PER_S;
    spend_add(&spend, now_us, 0.9);
    spend_clock_set(&spend, now_us, later_us);
    assert_false(spend_allows(&dollar, &spend, later_us, 0.2));
    spend_add(&spend, later_us, 0.05);
    spend_clock_set(&spend, later_us, now_us);
    assert_int_equal(spend.month, 2026 * 12 + 10);
    assert_near(spend.usd, 0.95, 1e-12);
    assert_true(spend_allows(&dollar, &spend, later_us, 1));
    /* From one wrong month to another, and back. */
    spend_clock_set(&spend, now_us, later_us);
    spend_clock_set(&spend, later_us, 2 * later_us - now_us);
    spend_clock_set(&spend, 2 * later_us - now_us, now_us);
    assert_near(spend.usd, 0.95, 1e-12);
    assert_true(spend_allows(&dollar, &spend, later_us, 1));
    /* Less than a day is an end of month like any other. */
    spend = (struct spend){0};
    spend_add(&spend, utc("2026-11-30T23:59:00Z"), 0.9);
    spend_clock_set(&spend, utc("2026-11-30T23:59:00Z"), utc("2026-12-01T00:00:00Z"));
    assert_true(spend_allows(&dollar, &spend, utc("2026-12-01T00:00:00Z"), 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_adds_up_within_a_month),
        cmocka_unit_test(a_new_month_begins_with_nothing),
        cmocka_unit_test(the_next_round_must_fit),
        cmocka_unit_test(without_a_budget_anything_goes),
        cmocka_unit_test(a_clock_set_back_gains_nothing),
        cmocka_unit_test(a_clock_that_goes_forward_and_back_forgets_nothing),
        cmocka_unit_test(a_month_that_begins_by_a_clock_that_was_set_has_spent_as_much),
        cmocka_unit_test(a_clock_that_was_years_ahead_does_not_stop_it_for_years),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
