#include "volley/path.h"

#include "../cmocka_all.h"

#define PATH(least_us, variation, delay)                                                                     \
    {                                                                                                        \
        .least_round_trip_us = (least_us), .variation_us = (variation), .delay_us = (delay)                  \
    }

static bool compensate(struct path *paths, size_t n)
{
    struct path *list[] = {&paths[0], &paths[1], &paths[2]};
    return path_compensate(list, n);
}

static void equal_paths_need_nothing(void **state)
{
    (void)state;
    struct path paths[3] = {PATH(40000, 100, 7), PATH(40100, 100, 7), PATH(41900, 100, 7)};
    assert_false(compensate(paths, 3));
    for (int i = 0; i < 3; i++)
        assert_int_equal(paths[i].delay_us, 0);
}

static void nearer_ones_wait_for_the_farthest(void **state)
{
    (void)state;
    struct path paths[3] = {PATH(10000, 300, 0), PATH(50000, 300, 0), PATH(30000, 300, 0)};
    assert_true(compensate(paths, 3));
    assert_int_equal(paths[0].delay_us, 20000);
    assert_int_equal(paths[1].delay_us, 0);
    assert_int_equal(paths[2].delay_us, 10000);
}

static void jitter_is_not_distance(void **state)
{
    (void)state;
    /* ±10 ms drawn for each packet: the least round trips differ by 15 ms, and so does each one in itself. */
    struct path paths[3] = {PATH(32000, 6000, 0), PATH(47000, 5000, 0), PATH(38000, 5500, 0)};
    assert_false(compensate(paths, 3));
}

static void a_hopeless_path_holds_nobody_up(void **state)
{
    (void)state;
    struct path paths[3] = {PATH(1000, 100, 0), PATH(2000000, 100, 0)};
    assert_false(compensate(paths, 2));
    assert_false(compensate(paths, 1));
    assert_false(compensate(paths, 0));
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
