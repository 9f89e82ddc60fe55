/* The model in virtual time: which instance a request gets, and what is counted. */
#include "../unit/cmocka_all.h"
#include "lambda.h"

#include <string.h>

#define UNUSED __attribute__((unused))
#define MS(n) ((uint64_t)(n)*NS_PER_MS)

static struct lambda *model;
static uint64_t base_ns; /* where a test's time begins; nothing may depend on it */

static const struct lambda_options defaults = {.cold_ns = 0,
                                               .handler_ns = MS(10),
                                               .idle_ttl_ns = MS(1000),
                                               .max_age_ns = UINT64_MAX,
                                               .volley_gap_ns = MS(500),
                                               .max_instances = UINT64_MAX,
                                               .seed = 1};

static void use(struct lambda_options options)
{
    if (model)
        lambda_free(model);
    model = lambda_new(&options);
}

static int set_up(UNUSED void **state)
{
    base_ns = MS(1000000);
    use(defaults);
    return 0;
}

static int tear_down(UNUSED void **state)
{
    lambda_free(model);
    model = NULL;
    return 0;
}

static struct binding bind_for(const char *path, uint64_t at_ns, uint64_t hold_ns)
{
    struct arrival arrival = {
        .path = path, .at_ns = base_ns + at_ns, .hold_ns = hold_ns, .http_version = "1.1"};
    struct binding binding;
    lambda_bind(model, &arrival, &binding);
    return binding;
}

static struct binding bind_at(uint64_t at_ns)
{
    return bind_for("/f", at_ns, 0);
}

static void assert_same(struct binding a, struct binding b)
{
    assert_string_equal(a.instance, b.instance);
}

static void assert_other(struct binding a, struct binding b)
{
    assert_string_not_equal(a.instance, b.instance);
}

static void test_one_request_binds_one_instance(UNUSED void **state)
{
    struct binding first = bind_at(0), second = bind_at(MS(9)), third = bind_at(MS(9) + 1);
    assert_other(first, second);
    assert_other(second, third);
    assert_int_equal(model->counters.instances_born, 3);
    assert_int_equal(model->counters.peak_concurrency, 3);
}

static void test_an_instance_is_free_at_its_end_and_not_before(UNUSED void **state)
{
    struct binding first = bind_at(0);
    assert_true(first.cold);
    assert_int_equal(first.end_ns, base_ns + MS(10));
    assert_other(first, bind_at(MS(10) - 1));
    struct binding again = bind_at(MS(10));
    assert_same(first, again);
    assert_false(again.cold);
}

static void test_the_one_freed_last_is_used_first(UNUSED void **state)
{
    struct binding a = bind_at(0), b = bind_at(MS(2)), c = bind_at(MS(1)); /* free at 10, 12, 11 */
    assert_same(b, bind_at(MS(100)));
    assert_same(c, bind_at(MS(101)));
    assert_same(a, bind_at(MS(102)));
    assert_int_equal(model->counters.instances_born, 3);
}

static void test_a_cold_start_comes_on_top_of_the_longer_of_handler_and_hold(UNUSED void **state)
{
    struct lambda_options options = defaults;
    options.cold_ns = MS(200);
    use(options);
    assert_int_equal(bind_for("/f", 0, MS(75)).end_ns, base_ns + MS(275));
    assert_int_equal(bind_for("/f", MS(300), MS(75)).end_ns, base_ns + MS(375));
    assert_int_equal(bind_for("/f", MS(400), MS(3)).end_ns, base_ns + MS(410));
}

static void test_idle_ones_die_after_their_time(UNUSED void **state)
{
    struct binding first = bind_at(0);
    struct binding at_the_limit = bind_at(MS(10 + 1000));
    assert_same(first, at_the_limit);
    struct binding beyond = bind_at(MS(10 + 1000) + MS(10 + 1000) + 1);
    assert_true(beyond.cold);
    assert_other(first, beyond);
    assert_int_equal(lambda_alive(model, model->functions, base_ns + MS(3000)), 1);
    assert_int_equal(lambda_alive(model, model->functions, base_ns + MS(30000)), 0);
}

static void test_only_those_idle_for_too_long_die(UNUSED void **state)
{
    bind_at(0), bind_at(0);
    struct binding kept = bind_at(MS(600)); /* one of the two, free at 610 */
    assert_int_equal(lambda_alive(model, model->functions, base_ns + MS(1500)), 1);
    assert_same(kept, bind_at(MS(1501)));
}

static void test_old_ones_are_not_used_again(UNUSED void **state)
{
    struct lambda_options options = defaults;
    options.max_age_ns = MS(100);
    use(options);
    struct binding first = bind_at(0);
    assert_same(first, bind_at(MS(99)));
    struct binding next = bind_at(MS(110)); /* the first has become 100 ms old while it was busy */
    assert_other(first, next);
    assert_int_equal(lambda_alive(model, model->functions, base_ns + MS(125)), 1);
}

static void test_above_the_limit_requests_are_throttled_and_bind_nothing(UNUSED void **state)
{
    struct lambda_options options = defaults;
    options.max_instances = 2;
    use(options);
    struct binding a = bind_at(0), b = bind_at(0), c = bind_at(MS(5));
    assert_false(a.throttled || b.throttled);
    assert_true(c.throttled);
    assert_string_equal(c.instance, "");
    assert_int_equal(c.end_ns, base_ns + MS(5));
    assert_false(bind_for("/g", MS(5), 0).throttled); /* another function has its own limit */
    assert_false(bind_at(MS(10)).throttled);
    assert_int_equal(model->functions->counters.requests, 3);
    assert_int_equal(model->functions->counters.throttled, 1);
    assert_int_equal(model->functions->counters.instances_born, 2);
    assert_int_equal(function_volley(model->functions)->throttled, 1);
}

static void test_functions_share_nothing_but_the_total(UNUSED void **state)
{
    struct binding f = bind_for("/f", 0, 0), g = bind_for("/g", MS(1), 0);
    assert_other(f, g);
    assert_other(f, bind_for("/g", MS(20), 0)); /* /f's is free too */
    assert_int_equal(model->functions->counters.peak_concurrency, 1);
    assert_int_equal(model->functions->next->counters.peak_concurrency, 1);
    assert_int_equal(model->counters.peak_concurrency, 2);
    assert_int_equal(model->counters.requests, 3);
}

static void test_a_late_request_gets_none_that_was_busy_at_its_stamp(UNUSED void **state)
{
    struct binding first = bind_at(0);
    bind_at(MS(50)); /* re-uses it, and time has moved on: free again at 60 */
    assert_int_equal(lambda_alive(model, model->functions, base_ns + MS(70)), 1);
    struct binding late = bind_at(MS(55));
    assert_true(late.cold);
    assert_other(first, late);
    assert_int_equal(late.end_ns, base_ns + MS(65));
    assert_int_equal(model->counters.peak_concurrency, 2);
    assert_int_equal(lambda_alive(model, model->functions, base_ns + MS(70)), 2); /* and ends none */
}

static void test_the_order_of_those_freed_holds_for_late_ones_too(UNUSED void **state)
{
    struct binding a = bind_at(0), b = bind_at(MS(5)); /* free at 10, 15 */
    lambda_alive(model, model->functions, base_ns + MS(30));
    struct binding late = bind_at(MS(2)); /* free at 12: between the two */
    assert_true(late.cold);
    assert_same(b, bind_at(MS(40)));
    assert_same(late, bind_at(MS(41)));
    assert_same(a, bind_at(MS(42)));
}

static void test_late_ones_are_throttled_by_what_was_busy_then(UNUSED void **state)
{
    struct lambda_options options = defaults;
    options.max_instances = 1;
    use(options);
    bind_at(0);
    lambda_alive(model, model->functions, base_ns + MS(20));
    assert_true(bind_at(MS(5)).throttled);
}

static void test_volleys_end_where_there_is_a_gap(UNUSED void **state)
{
    bind_at(0), bind_at(MS(3)), bind_at(MS(503));
    struct volley *volley = function_volley(model->functions);
    assert_int_equal(model->functions->n_volleys, 1);
    assert_int_equal(volley->requests, 3);
    assert_int_equal(volley->last_ns - volley->first_ns, MS(503));
    assert_int_equal(volley->distinct, 2);
    assert_int_equal(volley->cold, 2);
    assert_int_equal(volley->peak, 2);
    bind_at(MS(1003) + 1);
    volley = function_volley(model->functions);
    assert_int_equal(model->functions->n_volleys, 2);
    assert_int_equal(volley->requests, 1);
    assert_int_equal(volley->distinct, 1); /* a known instance, new in this volley */
    assert_int_equal(volley->cold, 0);
    assert_int_equal(volley->first_ns, volley->last_ns);
}

static void test_a_volley_counts_each_instance_once(UNUSED void **state)
{
    for (uint64_t i = 0; i < 20; i++)
        bind_at(MS(15) * i); /* a serial loop */
    assert_int_equal(function_volley(model->functions)->requests, 20);
    assert_int_equal(function_volley(model->functions)->distinct, 1);
    assert_int_equal(function_volley(model->functions)->peak, 1);
}

static void test_old_volleys_make_room(UNUSED void **state)
{
    for (uint64_t i = 0; i < VOLLEYS_KEPT + 5; i++)
        for (uint64_t k = 0; k <= i % 3; k++)
            bind_at(MS(600) * i);
    assert_int_equal(model->functions->n_volleys, VOLLEYS_KEPT + 5);
    assert_int_equal(function_volley(model->functions)->serial, VOLLEYS_KEPT + 5);
    assert_int_equal(function_volley(model->functions)->requests, 1 + (VOLLEYS_KEPT + 4) % 3);
}

static void test_a_volley_tells_a_step_of_the_clock_and_versions(UNUSED void **state)
{
    struct arrival arrival = {.path = "/f", .at_ns = base_ns, .http_version = "2"};
    struct binding binding;
    lambda_bind(model, &arrival, &binding);
    assert_string_equal(function_volley(model->functions)->http_version, "2");
    assert_false(function_volley(model->functions)->clock_stepped);
    arrival.clock_stepped = true;
    arrival.http_version = "1.1";
    lambda_bind(model, &arrival, &binding);
    arrival.clock_stepped = false;
    lambda_bind(model, &arrival, &binding);
    assert_string_equal(function_volley(model->functions)->http_version, "mixed");
    assert_true(function_volley(model->functions)->clock_stepped);
    bind_at(MS(2000));
    assert_false(function_volley(model->functions)->clock_stepped);
}

static size_t distinct_at(uint64_t busy_ns)
{
    size_t distinct = 0;
    assert_true(lambda_distinct_at(model->functions, busy_ns, &distinct));
    return distinct;
}

static void test_distinct_ones_at_other_holds(UNUSED void **state)
{
    bind_at(MS(6)), bind_at(0), bind_at(MS(2)), bind_at(MS(2)), bind_at(MS(9)); /* in no order */
    assert_int_equal(distinct_at(MS(1)), 2);
    assert_int_equal(distinct_at(MS(2)), 2);
    assert_int_equal(distinct_at(MS(3)), 3);
    assert_int_equal(distinct_at(MS(5)), 3);
    assert_int_equal(distinct_at(MS(7)), 4); /* 0, 2, 2 and 6 */
    assert_int_equal(distinct_at(MS(20)), 5);
}

static void test_distinct_ones_are_not_told_where_stamps_are_missing(UNUSED void **state)
{
    size_t distinct = 77;
    for (uint64_t i = 0; i <= VOLLEY_STAMPS_MAX; i++)
        bind_at(MS(15) * i);
    assert_false(lambda_distinct_at(model->functions, MS(1), &distinct));
    assert_int_equal(distinct, 77);
    assert_int_equal(function_volley(model->functions)->requests, VOLLEY_STAMPS_MAX + 1);
}

/* How many of 1,000 requests fail, with which ones folded into RET_PATTERN. */
static unsigned failures(double rate, uint64_t seed, uint64_t *ret_pattern)
{
    struct lambda_options options = defaults;
    options.fail_rate = rate;
    options.seed = seed;
    use(options);
    unsigned n = 0;
    *ret_pattern = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        bool failed = bind_at(MS(20) * i).failed;
        n += failed;
        *ret_pattern = *ret_pattern * 31 + failed;
    }
    assert_int_equal(model->counters.failed, n);
    return n;
}

static void test_failures_are_a_share_and_the_same_for_a_seed(UNUSED void **state)
{
    uint64_t a, b, c;
    unsigned n = failures(0.25, 7, &a);
    assert_in_range(n, 200, 300);
    assert_int_equal(failures(0.25, 7, &b), n);
    assert_true(a == b);
    failures(0.25, 8, &c);
    assert_true(a != c);
    assert_int_equal(failures(0, 7, &a), 0);
    assert_int_equal(failures(1, 7, &a), 1000);
}

static void test_reset_forgets_all_but_names(UNUSED void **state)
{
    struct binding before = bind_at(0);
    lambda_reset(model);
    assert_null(model->functions);
    assert_null(model->last);
    struct binding after = bind_at(MS(100));
    assert_true(after.cold);
    assert_other(before, after);
    assert_int_equal(model->counters.requests, 1);
    assert_int_equal(model->counters.instances_born, 1);
}

/* Compares each request with a search of all instances, in virtual time, with some late arrivals. */
static void test_many_requests_against_a_plain_search(UNUSED void **state)
{
    enum { N = 3000 };
    static struct {
        char name[LAMBDA_ID_TEXT];
        uint64_t free_ns;
    } known[N];
    size_t n_known = 0;
    uint64_t random = 42, now_ns = 0;
    for (int i = 0; i < N; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        now_ns += (random >> 40) % MS(3);
        uint64_t at_ns = i % 7 == 6 ? now_ns - now_ns / 50 % MS(4) : now_ns; /* every seventh is late */
        size_t best = n_known;
        for (size_t k = 0; k < n_known; k++)
            if (known[k].free_ns <= at_ns && at_ns - known[k].free_ns <= defaults.idle_ttl_ns &&
                (best == n_known || known[k].free_ns > known[best].free_ns))
                best = k;
        struct binding binding = bind_for("/f", at_ns, (random >> 33) % MS(40));
        assert_int_equal(binding.cold, best == n_known);
        if (best < n_known)
            assert_string_equal(binding.instance, known[best].name);
        else
            memcpy(known[n_known++].name, binding.instance, sizeof binding.instance);
        known[best].free_ns = binding.end_ns - base_ns;
    }
    assert_int_equal(model->counters.instances_born, n_known);
    assert_in_range(n_known, 5, N / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
        TEST(one_request_binds_one_instance),
        TEST(an_instance_is_free_at_its_end_and_not_before),
        TEST(the_one_freed_last_is_used_first),
        TEST(a_cold_start_comes_on_top_of_the_longer_of_handler_and_hold),
        TEST(idle_ones_die_after_their_time),
        TEST(only_those_idle_for_too_long_die),
        TEST(old_ones_are_not_used_again),
        TEST(above_the_limit_requests_are_throttled_and_bind_nothing),
        TEST(functions_share_nothing_but_the_total),
        TEST(a_late_request_gets_none_that_was_busy_at_its_stamp),
        TEST(the_order_of_those_freed_holds_for_late_ones_too),
        TEST(late_ones_are_throttled_by_what_was_busy_then),
        TEST(volleys_end_where_there_is_a_gap),
        TEST(a_volley_counts_each_instance_once),
        TEST(old_volleys_make_room),
        TEST(a_volley_tells_a_step_of_the_clock_and_versions),
        TEST(distinct_ones_at_other_holds),
        TEST(distinct_ones_are_not_told_where_stamps_are_missing),
        TEST(failures_are_a_share_and_the_same_for_a_seed),
        TEST(reset_forgets_all_but_names),
        TEST(many_requests_against_a_plain_search)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
