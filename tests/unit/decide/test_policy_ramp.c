#include "decide/policy.h"

#include "../cmocka_all.h"
#include "base/clock.h"

static char url[] = "http://localhost/f";
static const struct endpoint large = {.url = url, .warm = 2500, .attempts = 1, .interval_us = 300 * US_PER_S};
static const uint64_t begin_us = UINT64_C(1795996800) * US_PER_S;

/* A round at NOW_US whose requests were answered by REACHED instances, of which no more is known. */
static struct policy_outcome take(struct policy_state *state, uint32_t reached, uint64_t now_us)
{
    struct throttle throttle = {.share = 1};
    struct order order = policy_order(state, &large, &throttle, large.warm, true, now_us);
    struct observation observation = {.sent = order.count, .ok = reached};
    struct policy_outcome outcome = {0};
    assert_int_equal(order.kind, ORDER_RAMP);
    assert_int_equal(policy_take(state, &large, &throttle, &order, &observation, now_us, &outcome), 0);
    return outcome;
}

static void a_ramp_goes_on_while_it_makes_more(void **test)
{
    (void)test;
    struct policy_state state;
    policy_init(&state, &large);
    struct policy_outcome outcome = take(&state, 1000, begin_us);
    assert_true(outcome.again);
    assert_int_equal(outcome.again_us, POLICY_RAMP_US);
    policy_free(&state);
}

static void a_ramp_that_makes_no_more_waits_for_the_interval(void **test)
{
    (void)test;
    struct policy_state state;
    policy_init(&state, &large);
    take(&state, 1000, begin_us);
    assert_false(take(&state, 1, begin_us + POLICY_RAMP_US).again);
    assert_false(take(&state, 1, begin_us + 2 * POLICY_RAMP_US).again);
    policy_free(&state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ramp_goes_on_while_it_makes_more),
        cmocka_unit_test(a_ramp_that_makes_no_more_waits_for_the_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
