#include "decide/advice.h"

#include "../near.h"
#include "base/clock.h"
#include "base/timezone.h"

#include <string.h>

static const struct price_overrides none = {-1, -1, -1, -1, -1, -1};
static const uint64_t monday_us = UINT64_C(1795996800) * US_PER_S; /* 2026-11-30T00:00:00Z */
static char function_url[] = "https://abc.lambda-url.us-east-1.on.aws/orders";

static char said[ADVICE_MAX];

static struct endpoint twenty(void)
{
    return (struct endpoint){.url = function_url,
                             .warm = 20,
                             .interval_us = 300 * US_PER_S,
                             .hold_us = 75 * US_PER_MS,
                             .memory_mb = 1024,
                             .attempts = 2,
                             .enabled = true};
}

static const char *advice_for(const struct endpoint *endpoint)
{
    struct prices prices = prices_of_endpoint(endpoint, &none);
    struct cost_month month = cost_estimate_month(endpoint, &prices, endpoint->interval_us, monday_us);
    return advice(endpoint, &prices, &month, endpoint->interval_us, monday_us, said);
}

static void expect(const struct endpoint *endpoint, const char *wanted)
{
    if (!strstr(advice_for(endpoint), wanted))
        fail_msg("not '%s' in: %s", wanted, said);
}

static void usually_the_factor_is_told(void **state)
{
    (void)state;
    struct endpoint endpoint = twenty();
    assert_string_equal(advice_for(&endpoint),
                        "Provisioned concurrency costs 583 times as much: use it where no cold "
                        "start is acceptable. SnapStart (Java, Python, "
                        ".NET) shortens the cold starts that remain. Provisioned concurrency is cheaper "
                        "once users keep the instances busy for 60% of the time.");
}

static void the_price_of_provisioned_duration_weighs(void **state)
{
    (void)state;
    struct endpoint endpoint = twenty();
    struct price_overrides own = none;
    own.provisioned_duration = 0.0000083333;
    struct prices prices = prices_of_endpoint(&endpoint, &own);
    struct cost_month month = cost_estimate_month(&endpoint, &prices, endpoint.interval_us, monday_us);
    assert_near(month.busy_share, 4.1667 / (16.6667 - 8.3333), 0.002);
    own.provisioned_duration = 0.0000166667;
    prices = prices_of_endpoint(&endpoint, &own);
    month = cost_estimate_month(&endpoint, &prices, endpoint.interval_us, monday_us);
    assert_near(month.busy_share, 0, 0);
    assert_null(strstr(advice(&endpoint, &prices, &month, endpoint.interval_us, monday_us, said), "busy"));
}

static void short_intervals_make_provisioned_concurrency_the_better_buy(void **state)
{
    (void)state;
    struct endpoint endpoint = twenty();
    endpoint.interval_us = US_PER_S / 4;
    expect(&endpoint, "Provisioned concurrency is the better buy");
    expect(&endpoint, "a round every 5min would cost $0.371.");
    endpoint.interval_us = US_PER_S * 7 / 10;
    expect(&endpoint, "Provisioned concurrency costs only 2.0 times as much");
}

static void one_instance_is_a_trifle(void **state)
{
    (void)state;
    struct endpoint endpoint = twenty();
    endpoint.warm = 1;
    expect(&endpoint, "This costs next to nothing; if users keep the function busy anyway");
    endpoint.memory_mb = 10240;
    endpoint.interval_us = 60 * US_PER_S;
    expect(&endpoint, "times as much"); /* no trifle */
}

static void long_intervals_do_not_keep_warm(void **state)
{
    (void)state;
    struct endpoint endpoint = twenty();
    endpoint.interval_us = 600 * US_PER_S;
    assert_null(strstr(advice_for(&endpoint), "Idle instances"));
    endpoint.interval_us = 900 * US_PER_S;
    expect(&endpoint, "at this interval, most may be cold each time");
}

static void a_learned_interval_is_only_a_beginning(void **state)
{
    (void)state;
    struct endpoint endpoint = twenty();
    endpoint.interval_auto = true;
    endpoint.interval_us = 900 * US_PER_S;
    expect(&endpoint, "The interval is learned; these figures are for 15min");
    assert_null(strstr(said, "Idle instances"));
}

static void a_budget_that_does_not_last_is_told(void **state)
{
    (void)state;
    struct endpoint endpoint = twenty();
    endpoint.budget_usd = 0.50;
    assert_null(strstr(advice_for(&endpoint), "budget"));
    endpoint.budget_usd = 0.19;
    expect(&endpoint, "The budget of $0.190 is spent after about 15 of 30 days.");
    endpoint.budget_usd = 0.0001;
    expect(&endpoint, "The budget of $0.0001 is too small for the largest round, which may cost $0.0007");
}

static void a_budget_without_room_for_any_round_is_told_apart(void **state)
{
    (void)state;
    struct window night = {.days = 127, .from_s = 0, .to_s = 3600, .warm = 2};
    struct endpoint endpoint = twenty();
    struct prices prices = prices_of_endpoint(&endpoint, &none);
    assert_string_equal(advice_budget(&endpoint, &prices, said), "");
    endpoint.budget_usd = 0.50;
    assert_string_equal(advice_budget(&endpoint, &prices, said), "");
    endpoint.budget_usd = 0.0001;
    assert_non_null(strstr(advice_budget(&endpoint, &prices, said), "nothing will be sent."));
    endpoint.windows = &night;
    endpoint.n_windows = 1;
    assert_non_null(strstr(advice_budget(&endpoint, &prices, said), "if every instance is cold."));
    endpoint.enabled = false;
    assert_string_equal(advice_budget(&endpoint, &prices, said), "");
}

static void many_instances_are_users_too(void **state)
{
    (void)state;
    struct window rush = {.days = 127, .from_s = 0, .to_s = 3600, .warm = 500};
    struct endpoint endpoint = twenty();
    assert_null(strstr(advice_for(&endpoint), "concurrency (1,000"));
    endpoint.windows = &rush;
    endpoint.n_windows = 1;
    expect(&endpoint, "A round takes 500 of the account's concurrency");
}

static void what_is_not_known_is_not_claimed(void **state)
{
    (void)state;
    char chinese[] = "https://abc.lambda-url.cn-north-1.on.aws/", own[] = "https://api.example.com/";
    struct endpoint endpoint = twenty();
    endpoint.url = chinese;
    assert_string_equal(advice_for(&endpoint),
                        "The prices of its region are not known here: set them in daemon.prices.");
    endpoint.url = own;
    expect(&endpoint, "Its region is not known here, so these are the prices of us-east-1.");
    endpoint.warm = 0;
    assert_string_equal(advice_for(&endpoint), "It rests all the time.");
}

static void everything_at_once_fits(void **state)
{
    (void)state;
    struct endpoint endpoint = twenty();
    char own[] = "https://api.example.com/";
    endpoint.url = own;
    endpoint.warm = 10000;
    endpoint.interval_us = US_PER_S;
    endpoint.budget_usd = 100;
    advice_for(&endpoint);
    assert_true(strlen(said) < ADVICE_MAX - 1);
    assert_string_equal(said + strlen(said) - strlen("us-east-1."), "us-east-1.");
}

int main(void)
{
    timezone_use("UTC");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usually_the_factor_is_told),
        cmocka_unit_test(short_intervals_make_provisioned_concurrency_the_better_buy),
        cmocka_unit_test(one_instance_is_a_trifle),
        cmocka_unit_test(long_intervals_do_not_keep_warm),
        cmocka_unit_test(a_learned_interval_is_only_a_beginning),
        cmocka_unit_test(a_budget_that_does_not_last_is_told),
        cmocka_unit_test(the_price_of_provisioned_duration_weighs),
        cmocka_unit_test(a_budget_without_room_for_any_round_is_told_apart),
        cmocka_unit_test(many_instances_are_users_too),
        cmocka_unit_test(what_is_not_known_is_not_claimed),
        cmocka_unit_test(everything_at_once_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
