#include "volley/compensation.h"

#include "../cmocka_all.h"

static void equal_paths_need_nothing(void **state)
{
    (void)state;
    struct path paths[] = {{40000, 100, 7}, {40100, 100, 7}, {41900, 100, 7}};
    assert_false(compensation_plan(paths, 3));
    for (int i = 0; i < 3; i++)
        assert_int_equal(paths[i].delay_us, 0);
}

static void nearer_ones_wait_for_the_farthest(void **state)
{
    (void)state;
    struct path paths[] = {{10000, 300, 0}, {50000, 300, 0}, {30000, 300, 0}};
    assert_true(compensation_plan(paths, 3));
    assert_int_equal(paths[0].delay_us, 20000);
    assert_int_equal(paths[1].delay_us, 0);
    assert_int_equal(paths[2].delay_us, 10000);
}

static void jitter_is_not_distance(void **state)
{
    (void)state;
    /* ±10 ms drawn for each packet: the least round trips differ by 15 ms, and so does each one in itself. */
    struct path paths[] = {{32000, 6000, 0}, {47000, 5000, 0}, {38000, 5500, 0}};
    assert_false(compensation_plan(paths, 3));
}

static void a_hopeless_path_holds_nobody_up(void **state)
{
    (void)state;
    struct path paths[] = {{1000, 100, 0}, {2000000, 100, 0}};
    assert_false(compensation_plan(paths, 2));
    assert_false(compensation_plan(paths, 1));
    assert_false(compensation_plan(paths, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_paths_need_nothing),
        cmocka_unit_test(nearer_ones_wait_for_the_farthest),
        cmocka_unit_test(jitter_is_not_distance),
        cmocka_unit_test(a_hopeless_path_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
