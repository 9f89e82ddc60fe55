/* Condition: one word for how an endpoint is, and which of several counts. */
#include "decide/condition.h"

#include "../cmocka_all.h"

#define NOW_US (UINT64_C(1767225600) * 1000000)

static const struct policy_state fine = {0};
static const struct throttle none = {.share = 1};

static void enough_is_ok_and_less_is_short(void **state)
{
    (void)state;
    assert_int_equal(condition_of(&fine, &none, 5, 5, true, NOW_US), CONDITION_OK);
    assert_int_equal(condition_of(&fine, NULL, 5, 7, true, NOW_US), CONDITION_OK);
    assert_int_equal(condition_of(&fine, &none, 5, 4, true, NOW_US), CONDITION_SHORT);
    assert_int_equal(condition_of(&fine, &none, 5, 0, true, NOW_US), CONDITION_SHORT);
}

static void what_is_as_configured_comes_before_what_is_not(void **state)
{
    (void)state;
    const struct policy_state failing = {.failing = {.rounds = 1, .since_real_us = NOW_US - 1}};
    const struct throttle halved = {.share = 0.5};
    const struct throttle waiting = {.share = 1, .wait_us = 10, .until_real_us = NOW_US + 5};
    assert_int_equal(condition_of(&failing, &halved, 0, 0, false, NOW_US), CONDITION_RESTING);
    assert_int_equal(condition_of(&failing, &halved, 5, 0, false, NOW_US), CONDITION_BUDGET);
    assert_int_equal(condition_of(&failing, &halved, 5, 0, true, NOW_US), CONDITION_FAILING);
    assert_int_equal(condition_of(&fine, &halved, 5, 5, true, NOW_US), CONDITION_THROTTLED);
    assert_int_equal(condition_of(&fine, &waiting, 5, 0, true, NOW_US), CONDITION_THROTTLED);
    assert_int_equal(condition_of(&fine, &waiting, 5, 0, true, NOW_US + 5), CONDITION_SHORT);
}

static void only_failing_and_short_are_trouble(void **state)
{
    (void)state;
    for (enum condition condition = 0; condition < CONDITIONS; condition++) {
        assert_non_null(condition_name(condition));
        assert_int_equal(condition_is_trouble(condition),
                         condition == CONDITION_SHORT || condition == CONDITION_FAILING);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enough_is_ok_and_less_is_short),
        cmocka_unit_test(what_is_as_configured_comes_before_what_is_not),
        cmocka_unit_test(only_failing_and_short_are_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
