/* Instances' ends and limits in virtual time: individual idle times, deploys, work of unknown length. */
#include "../unit/cmocka_all.h"
#include "lambda.h"

#include <string.h>

#define UNUSED __attribute__((unused))
#define MS(n) ((uint64_t)(n)*NS_PER_MS)

static struct lambda *model;
static size_t n_died;

static void note_death(UNUSED void *context, UNUSED uint64_t number)
{
    n_died++;
}

static const struct lambda_options defaults = {.handler_ns = MS(10),
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
    model->died = note_death;
    n_died = 0;
}

static int set_up(UNUSED void **state)
{
    use(defaults);
    return 0;
}

static int tear_down(UNUSED void **state)
{
    lambda_free(model);
    model = NULL;
    return 0;
}

static struct binding bind_for(const char *path, uint64_t at_ns, bool open)
{
    struct arrival arrival = {
        .path = path, .at_ns = MS(1000000) + at_ns, .http_version = "1.1", .open = open};
    struct binding binding;
    lambda_bind(model, &arrival, &binding);
    return binding;
}

static void test_the_accounts_limit_counts_all_functions(UNUSED void **state)
{
    struct lambda_options options = defaults;
    options.account_limit = 3;
    options.max_instances = 2;
    use(options);
    for (int i = 0; i < 2; i++)
        assert_false(bind_for("a", 0, false).throttled);
    struct binding by_function = bind_for("a", 0, false);
    assert_true(by_function.throttled && !by_function.by_account);
    assert_false(bind_for("b", 0, true).throttled);
    struct binding by_account = bind_for("b", 0, false);
    assert_true(by_account.throttled && by_account.by_account);
    assert_int_equal(by_account.number, 0);
    assert_false(bind_for("b", MS(10), false).throttled); /* those of a are free */
}

static void test_each_has_an_idle_time_of_its_own(UNUSED void **state)
{
    enum { N = 400 };
    struct lambda_options options = defaults;
    options.idle_ttl_max_ns = MS(2000);
    use(options);
    for (int i = 0; i < N; i++)
        bind_for("f", 0, false);
    struct function *function = model->functions;
    uint64_t end_ns = MS(1000000 + 10);
    assert_int_equal(lambda_alive(model, function, end_ns + MS(1000)), N);
    size_t half = lambda_alive(model, function, end_ns + MS(1500));
    assert_in_range(half, N / 2 - 60, N / 2 + 60);
    assert_int_equal(n_died, N - half);
    assert_int_equal(lambda_alive(model, function, end_ns + MS(2001)), 0);
    assert_int_equal(n_died, N);
}

static void test_one_that_is_over_its_time_is_not_taken(UNUSED void **state)
{
    struct lambda_options options = defaults;
    options.idle_ttl_max_ns = MS(100000);
    use(options);
    for (int i = 0; i < 50; i++)
        bind_for("f", 0, false);
    size_t alive = lambda_alive(model, model->functions, MS(1000000 + 50000));
    assert_in_range(alive, 1, 49);
    size_t cold = 0;
    for (int i = 0; i < 50; i++)
        cold += bind_for("f", MS(50000), false).cold;
    assert_int_equal(cold, 50 - alive);
}

static void test_open_work_keeps_an_instance_until_it_is_finished(UNUSED void **state)
{
    struct binding first = bind_for("f", 0, true);
    assert_non_null(first.open);
    struct binding second = bind_for("f", MS(5000), true);
    assert_true(second.cold); /* the first is still busy */
    assert_int_equal(model->counters.peak_concurrency, 2);
    assert_int_equal(lambda_alive(model, model->functions, MS(1005000)), 2);
    lambda_finish(model, first.open, MS(1000000 + 6000), true);
    assert_int_equal(model->counters.failed, 1);
    assert_true(bind_for("f", MS(5999), false).cold);
    struct binding third = bind_for("f", MS(6000), true);
    assert_false(third.cold);
    assert_string_equal(third.instance, first.instance);
    assert_int_equal(third.number, first.number);
}

static void test_a_crash_ends_its_instance_only(UNUSED void **state)
{
    struct binding first = bind_for("f", 0, true), second = bind_for("f", 0, true),
                   third = bind_for("f", 0, true);
    lambda_crash(model, second.open);
    lambda_finish(model, third.open, MS(1000001), false);
    lambda_finish(model, first.open, MS(1000001), false);
    assert_int_equal(model->counters.failed, 1);
    assert_int_equal(lambda_alive(model, model->functions, MS(1000002)), 2);
    for (int i = 0; i < 2; i++)
        assert_string_not_equal(bind_for("f", MS(2), false).instance, second.instance);
}

static void test_a_deploy_replaces_all_versions_of_one_function(UNUSED void **state)
{
    struct binding busy = bind_for("f:1", 0, true), idle = bind_for("f:$LATEST", 0, false),
                   other = bind_for("ff:1", 0, false), url = bind_for("/f", 0, false);
    assert_int_equal(lambda_deploy(model, "f"), 2);
    lambda_finish(model, busy.open, MS(1000000 + 20), false);
    assert_true(bind_for("f:1", MS(20), false).cold);
    assert_true(bind_for("f:$LATEST", MS(20), false).cold);
    assert_string_equal(bind_for("ff:1", MS(20), false).instance, other.instance);
    assert_string_equal(bind_for("/f", MS(20), false).instance, url.instance);
    assert_int_equal(n_died, 2);
    assert_string_not_equal(idle.instance, busy.instance);
    assert_int_equal(lambda_deploy(model, "nosuch"), 0);
}

static void test_a_reset_tells_of_all_ends_once(UNUSED void **state)
{
    bind_for("f", 0, true);
    bind_for("f", 0, false);
    bind_for("g", 0, false);
    lambda_alive(model, model->functions, MS(1000100));
    lambda_reset(model);
    assert_int_equal(n_died, 3);
    assert_int_equal(model->n_open, 0);
    assert_true(bind_for("f", MS(200), false).cold);
}

static void test_handlers_fail_as_often_as_asked_and_others_than_the_service(UNUSED void **state)
{
    struct lambda_options options = defaults;
    options.fail_rate = options.error_rate = 0.3;
    use(options);
    unsigned failed = 0, erred = 0, both = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        struct binding binding = bind_for("f", i * MS(20), false);
        failed += binding.failed;
        erred += binding.erred;
        both += binding.failed && binding.erred;
    }
    assert_in_range(failed, 250, 350);
    assert_in_range(erred, 250, 350);
    assert_in_range(both, 50, 150);
    assert_int_equal(model->counters.failed, failed + erred - both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
        TEST(the_accounts_limit_counts_all_functions),
        TEST(each_has_an_idle_time_of_its_own),
        TEST(one_that_is_over_its_time_is_not_taken),
        TEST(open_work_keeps_an_instance_until_it_is_finished),
        TEST(a_crash_ends_its_instance_only),
        TEST(a_deploy_replaces_all_versions_of_one_function),
        TEST(a_reset_tells_of_all_ends_once),
        TEST(handlers_fail_as_often_as_asked_and_others_than_the_service)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
