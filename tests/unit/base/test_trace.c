#include "../cmocka_all.h"

#include "base/trace.h"

#include "base/text.h"

#include <stdlib.h>

static struct text told;

static void take(const char *endpoint, const char *round, const char *message)
{
    text_format(&told, "%s/%s/%s\n", endpoint ? endpoint : "-", round ? round : "-", message);
}

static unsigned evaluated;

static unsigned count(void)
{
    return ++evaluated;
}

static int reset(void **state)
{
    (void)state;
    text_free(&told);
    told = (struct text){0};
    trace_set_sink(take);
    evaluated = 0;
    return 0;
}

static int end(void **state)
{
    unsetenv("LAMBDA_WARMD_DEBUG");
    return reset(state);
}

static void test_on(void **state)
{
    (void)state;
    setenv("LAMBDA_WARMD_DEBUG", "1", 1);
    trace_open();
    TRACE("orders", "0123", "step %u", count());
    TRACE(NULL, NULL, "of nobody");
    assert_string_equal(told.data, "orders/0123/step 1\n-/-/of nobody\n");
}

static void test_off_evaluates_nothing(void **state)
{
    static const char *const values[] = {NULL, "", "0", "yes", "11"};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        unsetenv("LAMBDA_WARMD_DEBUG");
        if (values[i])
            setenv("LAMBDA_WARMD_DEBUG", values[i], 1);
        trace_open();
        TRACE("orders", "0123", "step %u", count());
    }
    assert_int_equal(evaluated, 0);
    assert_int_equal(told.length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_on, reset, end),
        cmocka_unit_test_setup_teardown(test_off_evaluates_nothing, reset, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
