#include "decide/cost.h"

#include "../near.h"
#include "base/clock.h"
#include "base/timezone.h"

static const struct price_overrides none = {-1, -1, -1, -1, -1, -1};
static const uint64_t monday_us = UINT64_C(1795996800) * US_PER_S; /* 2026-11-30T00:00:00Z */

#define GB_S 1.66667e-5
#define REQUEST 0.2e-6

static char rest_url[] = "https://abc.execute-api.us-east-1.amazonaws.com/prod/orders";
static char http_url[] = "https://abc.execute-api.us-east-1.amazonaws.com/";
static char function_url[] = "https://abc.lambda-url.us-east-1.on.aws/orders";
static char other_url[] = "https://api.example.com/a.execute-api.us-east-1.amazonaws.com/";

/* 1 GB, 75 ms, 5 min, one instance, behind a function URL. */
static struct endpoint one(void)
{
    return (struct endpoint){.url = function_url,
                             .warm = 1,
                             .interval_us = 300 * US_PER_S,
                             .hold_us = 75 * US_PER_MS,
                             .memory_mb = 1024,
                             .attempts = 2,
                             .enabled = true};
}

static struct prices prices_here(const struct endpoint *endpoint)
{
    return prices_of_endpoint(endpoint, &none);
}

static void an_instance_month_is_known_to_the_tenth_of_a_cent(void **state)
{
    (void)state;
    struct endpoint endpoint = one();
    struct prices prices = prices_here(&endpoint);
    struct cost_month month = cost_estimate_month(&endpoint, &prices, endpoint.interval_us, monday_us);
    assert_true(month.known);
    assert_near(month.requests, 8640, 0.001);
    assert_near(month.usd, 8640 * (REQUEST + 0.075 * GB_S) + 360 * GB_S, 1e-9);
    assert_near(month.usd, 0.019, 0.0005);
    assert_near(month.provisioned_usd, 10.80, 0.001);
    endpoint.arch = ARCHITECTURE_ARM64;
    endpoint.memory_mb = 512;
    prices = prices_here(&endpoint);
    month = cost_estimate_month(&endpoint, &prices, endpoint.interval_us, monday_us);
    assert_near(month.usd, 8640 * (REQUEST + 0.075 / 2 * 1.33334e-5) + 180 * 1.33334e-5, 1e-7);
    assert_near(month.provisioned_usd, 10.80 * 0.8 / 2, 0.001);
}

static double front_of(char *url, const struct price_overrides *overrides)
{
    struct endpoint endpoint = one();
    endpoint.url = url;
    struct prices prices = prices_of_endpoint(&endpoint, overrides);
    return cost_front_usd(&endpoint, &prices) * 1e6;
}

static void the_front_is_told_by_its_host(void **state)
{
    (void)state;
    struct price_overrides dear = none;
    dear.gateway_per_million = 2;
    assert_near(front_of(rest_url, &none), 3.50, 1e-9);
    assert_near(front_of(http_url, &none), 1, 1e-9);
    assert_near(front_of(function_url, &none), 0, 0);
    assert_near(front_of(other_url, &none), 0, 0);
    assert_near(front_of(NULL, &none), 0, 0); /* Invoke */
    assert_near(front_of(rest_url, &dear), 2, 1e-9);
    assert_near(front_of(other_url, &dear), 2, 1e-9);
    assert_near(front_of(function_url, &dear), 0, 0);
    char here[] = "http://127.0.0.1:9000/orders";
    assert_near(front_of(here, &dear), 0, 0);
    char upper[] = "HTTPS://ABC.Execute-API.eu-central-1.amazonaws.com/prod";
    assert_near(front_of(upper, &none), 3.70, 1e-9);
}

static void a_region_has_its_own_prices(void **state)
{
    (void)state;
    struct prices prices = prices_for("af-south-1", ARCHITECTURE_X86_64, &none);
    assert_int_equal(prices.source, PRICES_LISTED);
    assert_near(prices.gb_second, 2.21e-5, 1e-12);
    assert_near(prices.request, 0.27e-6, 1e-12);
    prices = prices_for("eu-west-1", ARCHITECTURE_ARM64, &none);
    assert_near(prices.gb_second, 1.33334e-5, 1e-10);
    assert_near(prices.gateway_http, 1.11e-6, 0.01e-6);
    assert_int_equal(prices_for("xx-new-9", ARCHITECTURE_X86_64, &none).source, PRICES_ASSUMED);
    assert_int_equal(prices_for(NULL, ARCHITECTURE_X86_64, &none).source, PRICES_ASSUMED);
    assert_int_equal(prices_for("cn-north-1", ARCHITECTURE_X86_64, &none).source, PRICES_UNKNOWN);
    struct price_overrides own = none;
    own.requests_per_million = 0.3;
    own.gb_second_x86 = 2e-5;
    prices = prices_for("cn-north-1", ARCHITECTURE_X86_64, &own);
    assert_int_equal(prices.source, PRICES_ASSUMED);
    assert_near(prices.request, 0.3e-6, 1e-12);
    assert_near(prices.gb_second, 2e-5, 1e-12);
    assert_int_equal(prices_for("cn-north-1", ARCHITECTURE_ARM64, &own).source, PRICES_UNKNOWN);
}

static void the_region_is_the_given_one_or_the_hosts(void **state)
{
    (void)state;
    char name[] = "orders";
    char url[] = "https://abc.lambda-url.ap-east-1.on.aws/", given[] = "eu-south-1";
    struct endpoint endpoint = one();
    endpoint.url = url;
    assert_near(prices_here(&endpoint).gb_second, 2.292e-5, 1e-12);
    endpoint.region = given;
    assert_near(prices_here(&endpoint).gb_second, 1.95172e-5, 1e-12);
    endpoint.region = NULL;
    endpoint.url = NULL;
    endpoint.function = name;
    assert_int_equal(prices_here(&endpoint).source, PRICES_ASSUMED);
}

/* Released at 1 ms; ended after so many ms. */
static struct sample answered(uint64_t latency_ms, char *instance)
{
    return (struct sample){.attempt = 1,
                           .outcome = OUTCOME_OK,
                           .status = 200,
                           .instance = instance,
                           .release_ns = 1000000,
                           .end_ns = 1000000 + latency_ms * 1000000};
}

/* What ROUND costs, of attempts with these holds; each attempt's share adds up to it. */
static double cost_of(const struct endpoint *endpoint, const struct prices *prices, struct round *round,
                      const uint64_t *holds_us)
{
    double sum = 0;
    for (uint32_t i = 0; i < round->n_attempts; i++)
        round->attempts[i].hold_us = holds_us[i];
    cost_round(endpoint, prices, round);
    for (uint32_t i = 0; i < round->n_attempts; i++)
        sum += round->attempts[i].cost_usd;
    assert_near(sum, round->cost_usd, 1e-12);
    return round->cost_usd;
}

static void a_round_has_what_provisioned_concurrency_would_cost(void **state)
{
    (void)state;
    struct endpoint endpoint = one();
    struct round round = {.target = 20};
    struct prices prices = prices_here(&endpoint);
    cost_round(&endpoint, &prices, &round);
    assert_near(round.provisioned_hour_usd, 20 * 10.80 / 720, 1e-5);
    endpoint.memory_mb = 256;
    endpoint.arch = ARCHITECTURE_ARM64;
    prices = prices_here(&endpoint);
    cost_round(&endpoint, &prices, &round);
    assert_near(round.provisioned_hour_usd, 20 * 10.80 / 720 / 4 * 0.8, 1e-5);
    prices = prices_for("cn-north-1", ARCHITECTURE_X86_64, &none);
    cost_round(&endpoint, &prices, &round);
    assert_false(round.cost_known);
    assert_near(round.provisioned_hour_usd, 0, 0);
}

/* The milliseconds of function that a round of one SAMPLE costs. Its first attempt's hold is 75 ms, or, where
 * there is a second of 75 ms, half of that. */
static double billed_ms(const struct endpoint *endpoint, struct sample sample, uint32_t attempts)
{
    static const uint64_t one_us[] = {75 * US_PER_MS}, two_us[] = {37500, 75 * US_PER_MS};
    struct round round = {.n_attempts = attempts, .samples = &sample, .n_samples = 1};
    struct prices prices = prices_here(endpoint);
    double usd = cost_of(endpoint, &prices, &round, attempts == 1 ? one_us : two_us);
    return usd > 0 ? (usd - prices.request) / prices.gb_second * 1e3 : 0;
}

static void time_is_what_is_known_of_it(void **state)
{
    (void)state;
    struct endpoint endpoint = one();
    char id[] = "i-1";
    struct sample sample = answered(110, id);
    assert_near(billed_ms(&endpoint, sample, 1), 76, 1e-6);
    assert_near(billed_ms(&endpoint, sample, 2), 39, 1e-6);               /* of the first, 37.5 */
    assert_near(billed_ms(&endpoint, answered(20, id), 1), 20, 1e-6);     /* it didn't hold */
    assert_near(billed_ms(&endpoint, answered(0, id), 1), 75, 1e-6);      /* no stamps */
    assert_near(billed_ms(&endpoint, answered(230, NULL), 1), 230, 1e-6); /* an ordinary request */
    sample.cold = COLD_YES;
    assert_near(billed_ms(&endpoint, sample, 1), 110, 1e-6);
    sample.init_us = 500500;
    assert_near(billed_ms(&endpoint, sample, 1), 576, 1e-6);
    sample.billed_us = 3000;
    assert_near(billed_ms(&endpoint, sample, 1), 3, 1e-6);
    sample = (struct sample){.outcome = OUTCOME_OK, .attempt = 1, .cold = COLD_YES, .instance = id};
    assert_near(billed_ms(&endpoint, sample, 1), 1075, 1e-6);
    char name[] = "orders";
    endpoint.url = NULL;
    endpoint.function = name;
    endpoint.mode = INVOKE_EVENT;
    assert_near(billed_ms(&endpoint, answered(4, NULL), 1), 75, 1e-6);
    endpoint.hold_us = 0;
    endpoint.mode = INVOKE_SYNC;
    sample = answered(1, id);
    sample.end_ns = sample.release_ns + 1000;
    assert_near(billed_ms(&endpoint, sample, 1), 1, 1e-6); /* never less than a millisecond */
}

static void only_what_met_the_function_is_billed(void **state)
{
    (void)state;
    struct endpoint endpoint = one();
    struct sample failed = {.attempt = 1, .outcome = OUTCOME_FAILED, .cause = CAUSE_STATUS, .status = 503};
    assert_true(billed_ms(&endpoint, failed, 1) > 1);
    failed.outcome = OUTCOME_THROTTLED;
    assert_near(billed_ms(&endpoint, failed, 1), 0, 0);
    struct sample refused = {.attempt = 1, .outcome = OUTCOME_FAILED, .cause = CAUSE_REFUSED, .end_ns = 9};
    assert_near(billed_ms(&endpoint, refused, 1), 0, 0);
    /* Sent, and nothing heard of it: it has run, for all that is known. */
    struct sample lost = answered(500, NULL);
    lost.outcome = OUTCOME_FAILED;
    lost.cause = CAUSE_TIMEOUT;
    lost.status = 0;
    assert_near(billed_ms(&endpoint, lost, 1), 500, 1e-6);
    static const enum cause aws_refusals[] = {CAUSE_EXPIRED_TOKEN, CAUSE_CLOCK_SKEW,  CAUSE_SIGNATURE,
                                              CAUSE_ACCESS_DENIED, CAUSE_NO_FUNCTION, CAUSE_CACHED};
    for (size_t i = 0; i < COUNT_OF(aws_refusals); i++) {
        failed = answered(5, NULL);
        failed.outcome = OUTCOME_FAILED;
        failed.cause = aws_refusals[i];
        assert_near(billed_ms(&endpoint, failed, 1), 0, 0);
    }
}

static void a_gateway_is_paid_for_what_its_cache_answers(void **state)
{
    (void)state;
    struct endpoint endpoint = one();
    endpoint.url = rest_url;
    struct sample cached = answered(5, NULL);
    cached.outcome = OUTCOME_FAILED;
    cached.cause = CAUSE_CACHED;
    struct round round = {.n_attempts = 1, .samples = &cached, .n_samples = 1};
    struct prices prices = prices_here(&endpoint);
    assert_near(cost_of(&endpoint, &prices, &round, (uint64_t[]){0}), 3.5e-6, 1e-12);
}

static void no_round_costs_more_than_the_most(void **state)
{
    (void)state;
    struct endpoint endpoint = one();
    char id[] = "i-1";
    endpoint.url = rest_url;
    endpoint.attempts = 3;
    struct sample samples[30];
    for (uint32_t i = 0; i < 30; i++) {
        samples[i] = answered(900, id);
        samples[i].attempt = 1 + i / 10;
        samples[i].cold = COLD_YES;
    }
    struct round round = {.n_attempts = 3, .samples = samples, .n_samples = 30};
    struct prices prices = prices_here(&endpoint);
    double usd =
        cost_of(&endpoint, &prices, &round, (uint64_t[]){75 * US_PER_MS, 150 * US_PER_MS, 300 * US_PER_MS});
    double most_usd = cost_round_most_usd(&endpoint, &prices, 10, 75 * US_PER_MS, 0);
    assert_near(usd, 30 * (3.7e-6 + 0.9 * GB_S), 1e-8);
    assert_near(most_usd, 30 * (3.7e-6 + GB_S) + 10 * (0.075 + 0.150 + 0.300) * GB_S, 1e-8);
    assert_true(usd < most_usd);
    /* Slow ones are reckoned with once they were seen: what is spread by a second and more is held for 1.25
     * s. */
    assert_near(cost_round_most_usd(&endpoint, &prices, 10, 75 * US_PER_MS, 4 * US_PER_S),
                30 * (3.7e-6 + 4 * GB_S) + 10 * (0.075 + 1.250 + 2.500) * GB_S, 1e-7);
}

/* Its own, whatever led to it: a doubled one ends at 60 s. */
static void each_attempt_is_billed_by_its_own_hold(void **state)
{
    (void)state;
    struct endpoint endpoint = one();
    char id[] = "i-1";
    struct sample samples[] = {answered(90000, id), answered(90000, id)};
    samples[1].attempt = 2;
    struct round round = {.n_attempts = 2, .samples = samples, .n_samples = 2};
    struct prices prices = prices_here(&endpoint);
    double usd = cost_of(&endpoint, &prices, &round, (uint64_t[]){40 * US_PER_S, 60 * US_PER_S});
    assert_near(round.attempts[0].cost_usd, REQUEST + 40.001 * GB_S, 1e-9);
    assert_near(round.attempts[1].cost_usd, REQUEST + 60.001 * GB_S, 1e-9);
    assert_near(usd, 2 * REQUEST + 100.002 * GB_S, 1e-9);
    assert_near(cost_round_most_usd(&endpoint, &prices, 1, 40 * US_PER_S, 0), 2 * REQUEST + 102 * GB_S, 1e-8);
}

static void unknown_prices_cost_nothing_and_say_so(void **state)
{
    (void)state;
    struct endpoint endpoint = one();
    struct prices prices = prices_for("cn-north-1", ARCHITECTURE_X86_64, &none);
    struct sample sample = answered(5, NULL);
    struct round round = {.n_attempts = 1, .samples = &sample, .n_samples = 1};
    assert_near(cost_of(&endpoint, &prices, &round, (uint64_t[]){0}), 0, 0);
    assert_false(round.cost_known);
    struct cost_month month = cost_estimate_month(&endpoint, &prices, endpoint.interval_us, monday_us);
    assert_false(month.known);
    assert_near(month.requests, 8640, 0.001);
}

static void windows_weigh(void **state)
{
    (void)state;
    struct window office = {.days = 31, .from_s = 8 * 3600, .to_s = 18 * 3600, .warm = 10};
    struct endpoint endpoint = one();
    endpoint.warm = 0;
    endpoint.windows = &office;
    endpoint.n_windows = 1;
    struct prices prices = prices_here(&endpoint);
    struct cost_month month = cost_estimate_month(&endpoint, &prices, endpoint.interval_us, monday_us);
    double share = 50.0 / 168, inits = 10 * (5 * 30.0 / 7 + 360 * share);
    assert_near(month.requests, 10 * 8640 * share, 0.001);
    assert_near(month.provisioned_usd, 10 * 10.80 * share, 0.001);
    assert_near(month.usd, month.requests * (REQUEST + 0.075 * GB_S) + inits * GB_S, 1e-8);
}

static void money_has_the_digits_that_matter(void **state)
{
    (void)state;
    char text[COST_TEXT_MAX];
    assert_string_equal(cost_format(0.018528, text), "$0.019");
    assert_string_equal(cost_format(0, text), "$0.00");
    assert_string_equal(cost_format(1234567, text), "$1,234,567");
    assert_string_equal(cost_format(0.00011, text), "$0.0001");
    assert_string_equal(cost_format(0.9996, text), "$1.00");
    assert_string_equal(cost_format(10.8, text), "$10.80");
    assert_string_equal(cost_format(99.999, text), "$100");
    assert_string_equal(cost_format(2160.4, text), "$2,160");
}

int main(void)
{
    timezone_use("UTC");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instance_month_is_known_to_the_tenth_of_a_cent),
        cmocka_unit_test(the_front_is_told_by_its_host),
        cmocka_unit_test(a_region_has_its_own_prices),
        cmocka_unit_test(the_region_is_the_given_one_or_the_hosts),
        cmocka_unit_test(a_round_has_what_provisioned_concurrency_would_cost),
        cmocka_unit_test(time_is_what_is_known_of_it),
        cmocka_unit_test(only_what_met_the_function_is_billed),
        cmocka_unit_test(a_gateway_is_paid_for_what_its_cache_answers),
        cmocka_unit_test(no_round_costs_more_than_the_most),
        cmocka_unit_test(each_attempt_is_billed_by_its_own_hold),
        cmocka_unit_test(unknown_prices_cost_nothing_and_say_so),
        cmocka_unit_test(windows_weigh),
        cmocka_unit_test(money_has_the_digits_that_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
