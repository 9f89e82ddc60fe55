#include "decide/backoff.h"

#include "../cmocka_all.h"
#include "base/clock.h"

#define NOW_US (UINT64_C(1764000000) * US_PER_S)
#define INTERVAL_US (320 * US_PER_S)

static const struct observation failed = {.sent = 20, .failed = 20}, well = {.sent = 20, .ok = 20},
                                partly = {.sent = 20, .ok = 1, .failed = 19}, empty = {0},
                                throttled = {.sent = 20, .failed = 4, .throttled = 16};

static void it_begins_once_and_is_over_once(void **state)
{
    (void)state;
    struct backoff failing = {0};
    assert_int_equal(backoff_take(&failing, &failed, NOW_US), BACKOFF_BEGAN);
    assert_int_equal(backoff_take(&failing, &failed, NOW_US + US_PER_S), BACKOFF_SAME);
    assert_int_equal(backoff_for_us(&failing, NOW_US + 90 * US_PER_S), 90 * US_PER_S);
    assert_int_equal(backoff_take(&failing, &partly, NOW_US + 90 * US_PER_S), BACKOFF_OVER);
    assert_int_equal(backoff_take(&failing, &well, NOW_US + 91 * US_PER_S), BACKOFF_SAME);
}

static void some_answers_are_no_failure(void **state)
{
    (void)state;
    struct backoff failing = {0};
    assert_int_equal(backoff_take(&failing, &partly, NOW_US), BACKOFF_SAME);
    assert_int_equal(failing.rounds, 0);
}

static void throttled_and_empty_rounds_say_nothing(void **state)
{
    (void)state;
    struct backoff failing = {0};
    assert_int_equal(backoff_take(&failing, &throttled, NOW_US), BACKOFF_SAME);
    assert_int_equal(backoff_take(&failing, &empty, NOW_US), BACKOFF_SAME);
    assert_int_equal(failing.rounds, 0);
    backoff_take(&failing, &failed, NOW_US);
    assert_int_equal(backoff_take(&failing, &throttled, NOW_US), BACKOFF_SAME);
    assert_int_equal(failing.rounds, 1);
}

static void delays_double_up_to_the_interval(void **state)
{
    static const uint64_t expected_s[] = {20, 40, 80, 160, 320, 320, 320};
    (void)state;
    struct backoff failing = {0};
    for (size_t i = 0; i < sizeof expected_s / sizeof *expected_s; i++) {
        backoff_take(&failing, &failed, NOW_US);
        assert_int_equal(backoff_delay_us(&failing, INTERVAL_US), expected_s[i] * US_PER_S);
    }
    failing.rounds = UINT32_MAX;
    assert_int_equal(backoff_take(&failing, &failed, NOW_US), BACKOFF_SAME);
    assert_int_equal(backoff_delay_us(&failing, INTERVAL_US), INTERVAL_US);
}

static void short_intervals_are_not_undercut(void **state)
{
    (void)state;
    struct backoff failing = {.rounds = 1};
    assert_int_equal(backoff_delay_us(&failing, 4 * US_PER_S), US_PER_S);
    assert_int_equal(backoff_delay_us(&failing, US_PER_S / 2), US_PER_S / 2);
    failing.rounds = UINT32_MAX;
    assert_int_equal(backoff_delay_us(&failing, 1), 1);
}

static void a_tenth_looks_whether_it_is_back(void **state)
{
    (void)state;
    struct backoff failing = {0};
    assert_int_equal(backoff_share(&failing, 20), 20);
    failing.rounds = 1;
    assert_int_equal(backoff_share(&failing, 20), 2);
    assert_int_equal(backoff_share(&failing, 1), 1);
    assert_int_equal(backoff_share(&failing, 10000), 1000);
    assert_int_equal(backoff_share(&failing, 0), 0);
}

static void a_clock_that_is_set_back_makes_no_century(void **state)
{
    (void)state;
    struct backoff failing = {0};
    backoff_take(&failing, &failed, NOW_US);
    assert_int_equal(backoff_for_us(&failing, NOW_US - US_PER_S), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_once_and_is_over_once),
        cmocka_unit_test(some_answers_are_no_failure),
        cmocka_unit_test(throttled_and_empty_rounds_say_nothing),
        cmocka_unit_test(delays_double_up_to_the_interval),
        cmocka_unit_test(short_intervals_are_not_undercut),
        cmocka_unit_test(a_tenth_looks_whether_it_is_back),
        cmocka_unit_test(a_clock_that_is_set_back_makes_no_century),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
