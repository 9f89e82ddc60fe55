/* What a report says to programs. */
#include "../cmocka_all.h"

#include "../near.h"
#include "../report_by_hand.h"
#include "report/report_json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *printed(const struct report *report)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    assert_int_equal(report_json_print(report, out), 0);
    fclose(out);
    assert_ptr_equal(strchr(text, '\n'), text + length - 1); /* one line */
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    free(text);
    return json;
}

static const char *string_of(json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}

static json_int_t number_of(json_t *json, const char *name)
{
    json_t *number = json_object_get(json, name);
    if (!json_is_integer(number))
        fail_msg("%s is not an integer", name);
    return json_integer_value(number);
}

static double real_of(json_t *json, const char *name)
{
    json_t *number = json_object_get(json, name);
    if (!json_is_number(number))
        fail_msg("%s is not a number", name);
    return json_number_value(number);
}

static void assert_null_member(json_t *json, const char *name)
{
    if (!json_is_null(json_object_get(json, name)))
        fail_msg("%s is not null", name);
}

static void figures_have_their_names(void **state)
{
    (void)state;
    struct report *report = hand_report(30);
    struct report_endpoint *endpoint = hand_endpoint(report, "orders");
    endpoint->rounds[ROUND_MET] -= 5;
    endpoint->rounds[ROUND_SHORT] = 3;
    endpoint->rounds[ROUND_FAILED] = 2;
    endpoint->cold = 34;
    endpoint->throttled = 7;
    endpoint->warm -= 864;
    hand_gap(report, endpoint, 7, 360, "deploy");
    report->n_unusable = 4;
    json_t *json = printed(report);
    assert_int_equal(number_of(json, "version"), 1);
    assert_string_equal(string_of(json, "since"), "2026-11-01T00:00:00Z");
    assert_string_equal(string_of(json, "until"), "2026-12-01T00:00:00Z");
    assert_int_equal(number_of(json, "unusable_entries"), 4);
    json_t *orders = json_array_get(json_object_get(json, "endpoints"), 0);
    assert_string_equal(string_of(orders, "name"), "orders");
    assert_int_equal(number_of(orders, "rounds"), 8640);
    assert_int_equal(number_of(orders, "met"), 8635);
    assert_int_equal(number_of(orders, "short"), 3);
    assert_int_equal(number_of(orders, "failed"), 2);
    assert_int_equal(number_of(orders, "requests"), 172800);
    assert_int_equal(number_of(orders, "ok"), 172800);
    assert_int_equal(number_of(orders, "throttled"), 7);
    assert_int_equal(number_of(orders, "cold"), 34);
    assert_int_equal(number_of(orders, "distinct"), 172800);
    assert_int_equal(number_of(orders, "target"), 20);
    assert_near(real_of(orders, "warm_mean"), 19.9, 1e-9);
    assert_near(real_of(orders, "wanted_mean"), 20, 1e-9);
    assert_near(real_of(orders, "cost_usd"), 0.40608, 1e-9);
    json_decref(json);
    hand_free(report);
}

static void percentiles_are_by_nearest_rank(void **state)
{
    (void)state;
    struct report *report = hand_report(1);
    hand_endpoint(report, "orders"); /* 288 rounds; the last two are outliers */
    json_t *json = printed(report), *orders = json_array_get(json_object_get(json, "endpoints"), 0);
    json_t *skew = json_object_get(orders, "skew_us"), *latency = json_object_get(orders, "latency_us");
    assert_int_equal(number_of(skew, "p50"), 80 + 143);
    assert_int_equal(number_of(skew, "p99"), 80 + 285);
    assert_int_equal(number_of(skew, "max"), 8000);
    assert_int_equal(number_of(latency, "p50"), 75000 + 143);
    assert_int_equal(number_of(latency, "p99"), 110000 + 285);
    assert_int_equal(number_of(latency, "max"), 900000);
    json_decref(json);
    hand_free(report);
}

static void warmth_and_gaps_are_told(void **state)
{
    (void)state;
    struct report *report = hand_report(30);
    struct report_endpoint *endpoint = hand_endpoint(report, "orders");
    hand_gap(report, endpoint, 7, 360, "stopped");
    hand_gap(report, endpoint, 16, 3600, "throttled \xe2\x80"); /* cut within a character */
    endpoint->timeline.lasted_us[SPAN_RESTING] = 1500000;
    json_t *json = printed(report), *orders = json_array_get(json_object_get(json, "endpoints"), 0);
    json_t *gaps = json_object_get(orders, "gaps"), *longest = json_object_get(gaps, "longest");
    assert_int_equal(number_of(gaps, "count"), 2);
    assert_string_equal(string_of(longest, "since"), "2026-11-11T00:00:00Z");
    assert_near(real_of(longest, "seconds"), 3600, 1e-9);
    assert_string_equal(string_of(longest, "cause"), "throttled \\xe2\\x80");
    assert_near(real_of(orders, "warm_percent"), 99.847, 1e-9); /* 99.8472 */
    assert_near(real_of(orders, "gap_s"), 3960, 1e-9);
    assert_near(real_of(orders, "warm_s"), 2592000 - 3960, 1e-9);
    assert_near(real_of(orders, "resting_s"), 1.5, 1e-9);
    assert_near(real_of(orders, "elsewhere_s"), 0, 1e-9);
    json_decref(json);
    endpoint->timeline.lasted_us[SPAN_GAP] = 1000000; /* 99.99996 % are left: less than all */
    json = printed(report), orders = json_array_get(json_object_get(json, "endpoints"), 0);
    assert_near(real_of(orders, "warm_percent"), 99.999, 1e-9);
    json_decref(json);
    hand_free(report);
}

static void what_is_not_known_is_null(void **state)
{
    (void)state;
    struct report *report = hand_report(1);
    struct report_endpoint *endpoint = hand_endpoint(report, "orders");
    endpoint->rounds[ROUND_MET] = endpoint->max_us = 0;
    endpoint->skew_us.n = endpoint->p50_us.n = endpoint->p99_us.n = 0;
    endpoint->cold_known = endpoint->distinct_known = endpoint->cost_known = false;
    endpoint->timeline.lasted_us[SPAN_WARM] = 0;
    json_t *json = printed(report), *orders = json_array_get(json_object_get(json, "endpoints"), 0);
    static const char *const names[] = {"cold",         "distinct", "warm_mean", "wanted_mean",
                                        "warm_percent", "cost_usd", "month_usd", "provisioned_usd_per_month"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_null_member(orders, names[i]);
    static const char *const percentiles[] = {"p50", "p99", "max"};
    for (size_t i = 0; i < 3; i++) {
        assert_null_member(json_object_get(orders, "skew_us"), percentiles[i]);
        assert_null_member(json_object_get(orders, "latency_us"), percentiles[i]);
    }
    assert_null_member(json_object_get(orders, "gaps"), "longest");
    json_decref(json);
    hand_free(report);
}

static void an_empty_report_has_no_endpoints(void **state)
{
    (void)state;
    struct report *report = hand_report(1);
    json_t *json = printed(report);
    assert_true(json_is_array(json_object_get(json, "endpoints")));
    assert_int_equal(json_array_size(json_object_get(json, "endpoints")), 0);
    json_decref(json);
    hand_free(report);
}

static void an_output_that_is_full_is_an_error(void **state)
{
    (void)state;
    struct report *report = hand_report(1);
    FILE *out = fopen("/dev/full", "w");
    assert_non_null(out);
    assert_true(report_json_print(report, out) < 0);
    fclose(out);
    hand_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_have_their_names),
        cmocka_unit_test(percentiles_are_by_nearest_rank),
        cmocka_unit_test(warmth_and_gaps_are_told),
        cmocka_unit_test(what_is_not_known_is_null),
        cmocka_unit_test(an_empty_report_has_no_endpoints),
        cmocka_unit_test(an_output_that_is_full_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
