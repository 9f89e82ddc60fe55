#include "../cmocka_all.h"
#include "../config_load.h"
#include "../scratch.h"

#include "base/clock.h"
#include "config/week.h"
#include "plan/limits.h"

#include <errno.h>
#include <string.h>

#define URL "url = \"http://h/\"; "
#define MINUTE_US (60 * US_PER_S)

static void reads_windows(void **state)
{
    CLEANUP_LOAD struct load load = {0};
    const struct endpoint *a = load_endpoint(
        &load, *state,
        URL "warm = 0; windows = (\n"
            "{ days = \"Mon..Fri\"; from = \"08:00\"; to = \"18:30:15\"; warm = 100; lead = \"2min\"; },\n"
            "{ from = \"22:00\"; to = \"02:00\"; warm = 0; }, { from = \"00:00\"; to = \"24:00\"; warm = 7; "
            "lead = 90; } );");
    assert_int_equal(a->warm, 0);
    assert_int_equal(a->n_windows, 3);
    assert_int_equal(a->windows[0].days, 0x1f);
    assert_int_equal(a->windows[0].from_s, 8 * 3600);
    assert_int_equal(a->windows[0].to_s, 18 * 3600 + 30 * 60 + 15);
    assert_int_equal(a->windows[0].warm, 100);
    assert_int_equal(a->windows[0].lead_us, 2 * MINUTE_US);
    assert_int_equal(a->windows[1].days, EVERY_DAY);
    assert_int_equal(a->windows[1].from_s, 22 * 3600);
    assert_int_equal(a->windows[1].to_s, 2 * 3600);
    assert_int_equal(a->windows[1].warm, 0);
    assert_int_equal(a->windows[1].lead_us, 0);
    assert_int_equal(a->windows[2].from_s, 0);
    assert_int_equal(a->windows[2].to_s, DAY_S);
    assert_int_equal(a->windows[2].lead_us, 90 * US_PER_S);
    assert_int_equal(endpoint_most_warm(a), 100);
}

static void windows_of_the_defaults_can_be_taken_away(void **state)
{
    CLEANUP_LOAD struct load load =
        load_text(*state, "defaults = { windows = ( { from = \"08:00\"; to = \"18:00\"; warm = 40; } ); };\n"
                          "endpoints = ( { name = \"heir\"; " URL "warm = 0; }, { name = \"own\"; " URL
                          "windows = ( ); } );");
    assert_int_equal(load.result, 0);
    assert_int_equal(plan_find(load.plan, "heir")->n_windows, 1);
    assert_int_equal(plan_find(load.plan, "own")->n_windows, 0);
    assert_int_equal(plan_find(load.plan, "own")->warm, 1);
    assert_int_equal(plan_instances(load.plan), 40 + 1);
    assert_int_equal(plan_descriptors_needed(load.plan), 41 + 2 * 16 + 64);
}

static void a_mistake_in_inherited_windows_is_told_once(void **state)
{
    CLEANUP_LOAD struct load load =
        load_text(*state, "daemon = { max_in_flight = 30; };\ndefaults = { windows = (\n"
                          "{ from = \"08:00\"; to = \"18:00\"; warm = 20; },\n{ from = \"08:00\"; to = "
                          "\"18:00\";\nwarm = 40; } ); };\n"
                          "endpoints = ( { name = \"a\"; " URL "}, { name = \"b\"; " URL "} );");
    assert_int_equal(load.result, -EINVAL);
    assert_int_equal(load.mistakes.n, 1);
    assert_mistake(&load, *state, 0, "main.conf", 5, "warm is above the daemon's max_in_flight (30)");
}

struct learning {
    const char *keys;
    uint64_t min_s, max_s, interval_s, jitter_ms;
};

static void an_interval_is_learned_within_bounds(void **state)
{
    static const struct learning cases[] = {
        {"", 60, 3600, 300, 6000},
        {"interval_min = \"10min\";", 600, 3600, 600, 10000},
        {"interval_min = \"2h\";", 7200, 7200, 7200, 10000},
        {"interval_max = \"20s\";", 20, 20, 20, 2000},
        {"interval_max = \"4min\";", 60, 240, 240, 6000},
        {"interval_min = \"2s\"; interval_max = \"20s\"; jitter = \"1s\";", 2, 20, 20, 1000},
    };
    CLEANUP_LOAD struct load load = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char keys[200];
        snprintf(keys, sizeof keys, URL "interval = \"auto\"; %s", cases[i].keys);
        const struct endpoint *a = load_endpoint(&load, *state, keys);
        assert_true(a->interval_auto);
        assert_int_equal(a->interval_min_us, cases[i].min_s * US_PER_S);
        assert_int_equal(a->interval_max_us, cases[i].max_s * US_PER_S);
        assert_int_equal(a->interval_us, cases[i].interval_s * US_PER_S);
        assert_int_equal(a->jitter_us, cases[i].jitter_ms * US_PER_MS);
    }
}

static void bounds_are_for_those_that_learn(void **state)
{
    CLEANUP_LOAD struct load load =
        load_text(*state, "defaults = { interval = \"auto\"; interval_min = \"2min\"; interval_max = "
                          "\"8min\"; hold = \"auto\"; };\n"
                          "endpoints = ( { name = \"learns\"; " URL "}, { name = \"fixed\"; " URL
                          "interval = \"30s\"; hold = 1; } );");
    assert_int_equal(load.result, 0);
    const struct endpoint *learns = plan_find(load.plan, "learns"), *fixed = plan_find(load.plan, "fixed");
    assert_true(learns->interval_auto);
    assert_int_equal(learns->interval_min_us, 2 * MINUTE_US);
    assert_int_equal(learns->interval_max_us, 8 * MINUTE_US);
    assert_true(learns->hold_auto);
    assert_int_equal(learns->hold_us, 75 * US_PER_MS);
    assert_false(fixed->interval_auto);
    assert_int_equal(fixed->interval_us, 30 * US_PER_S);
    assert_int_equal(fixed->interval_min_us, 30 * US_PER_S);
    assert_int_equal(fixed->interval_max_us, 30 * US_PER_S);
    assert_int_equal(fixed->jitter_us, 3 * US_PER_S);
    assert_false(fixed->hold_auto);
    assert_int_equal(fixed->hold_us, US_PER_S);
}

static void an_inherited_hold_that_is_too_long_is_warned_of_once(void **state)
{
    CLEANUP_LOAD struct load load =
        load_text(*state, "defaults = {\ntimeout = \"50ms\"; };\nendpoints = ( { name = \"a\"; " URL
                          "}, { name = \"b\"; " URL "}, { name = \"c\"; " URL "hold = \"60ms\"; } );");
    assert_int_equal(load.result, 0);
    assert_int_equal(load.mistakes.n, 2);
    assert_true(load.mistakes.items[0].warning);
    assert_string_equal(load.mistakes.items[0].text,
                        "hold (75ms) is not shorter than timeout (50ms): a handler that stays busy for the "
                        "hold can't answer in time");
}

static void reads_what_a_round_costs(void **state)
{
    CLEANUP_LOAD struct load load = {0};
    const struct endpoint *a = load_endpoint(&load, *state, URL);
    assert_int_equal(a->memory_mb, 1024);
    assert_int_equal(a->arch, ARCHITECTURE_X86_64);
    assert_true(a->budget_usd == 0);
    a = load_endpoint(&load, *state, URL "memory_mb = 10240; arch = \"arm64\"; budget = 12;");
    assert_int_equal(a->memory_mb, 10240);
    assert_int_equal(a->arch, ARCHITECTURE_ARM64);
    assert_true(a->budget_usd == 12);
    assert_true(load_endpoint(&load, *state, URL "budget = 0.25;")->budget_usd == 0.25);
}

static void reads_the_daemon_s_own(void **state)
{
    scratch_write(*state, "zones/Europe/Berlin", "TZif2");
    setenv("TZDIR", scratch_path(*state, "zones"), 1);
    CLEANUP_LOAD struct load load = load_text(
        *state, "daemon = { timezone = \"Europe/Berlin\"; metrics_file = \"m/x.prom\"; prices = {\n"
                "requests_per_million = 1; gb_second_x86_64 = 0.5; gb_second_arm64 = 0;\n"
                "gateway_per_million = 3.5; provisioned_gb_second = 0.25;\n"
                "provisioned_duration_gb_second = 0.125; }; };\nendpoints = ( { name = \"a\"; " URL "} );");
    unsetenv("TZDIR");
    assert_int_equal(load.result, 0);
    const struct daemon_settings *daemon = &load.plan->daemon;
    assert_string_equal(daemon->timezone, "Europe/Berlin");
    assert_string_equal(daemon->metrics_file, scratch_path(*state, "m/x.prom"));
    assert_true(daemon->prices.requests_per_million == 1);
    assert_true(daemon->prices.gb_second_x86 == 0.5);
    assert_true(daemon->prices.gb_second_arm == 0);
    assert_true(daemon->prices.gateway_per_million == 3.5);
    assert_true(daemon->prices.provisioned_gb_second == 0.25);
    assert_true(daemon->prices.provisioned_duration == 0.125);
}

static void prices_are_the_table_s_where_nobody_says_otherwise(void **state)
{
    CLEANUP_LOAD struct load load = {0};
    load_endpoint(&load, *state, URL);
    const struct daemon_settings *daemon = &load.plan->daemon;
    assert_null(daemon->timezone);
    assert_null(daemon->metrics_file);
    assert_true(daemon->prices.requests_per_million < 0 && daemon->prices.gb_second_x86 < 0);
    assert_true(daemon->prices.gb_second_arm < 0 && daemon->prices.gateway_per_million < 0);
    assert_true(daemon->prices.provisioned_gb_second < 0 && daemon->prices.provisioned_duration < 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_create, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_windows),
        TEST(windows_of_the_defaults_can_be_taken_away),
        TEST(a_mistake_in_inherited_windows_is_told_once),
        TEST(an_interval_is_learned_within_bounds),
        TEST(bounds_are_for_those_that_learn),
        TEST(an_inherited_hold_that_is_too_long_is_warned_of_once),
        TEST(reads_what_a_round_costs),
        TEST(reads_the_daemon_s_own),
        TEST(prices_are_the_table_s_where_nobody_says_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
