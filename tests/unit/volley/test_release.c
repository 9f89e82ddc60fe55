/* T0 lies ahead where requests have to be simultaneous; a single one goes at once. */
#include "volley/release.h"

#include "../cmocka_all.h"
#include "base/clock.h"

/* Each look at the clock takes this long. */
enum { LOOK_US = 10 };

static uint64_t now_us, looks;

static uint64_t read_clock(clockid_t clock)
{
    (void)clock;
    looks++;
    return (now_us += LOOK_US) * NS_PER_US;
}

/* How often a volley of N requests looks at the clock between its turn and T0, which it returns in *RET_T0 as
 * the time from its turn. */
static uint64_t count_looks(size_t n, uint64_t *ret_t0_us)
{
    struct plan plan = {0};
    struct volley volley = {.plan = &plan};
    now_us = US_PER_S;
    clock_set_source(read_clock);
    uint64_t t0_us = release_take_turn(now_us, n);
    *ret_t0_us = t0_us - now_us;
    looks = 0;
    release_wait(t0_us);
    uint64_t looks_until_t0 = looks;
    assert_true(now_us >= t0_us);
    release_end_turn(&volley, false);
    clock_set_source(NULL);
    return looks_until_t0;
}

static void several_wait_for_their_instant(void **state)
{
    uint64_t t0_us;
    (void)state;
    assert_true(count_looks(2, &t0_us) >= 20);
    assert_in_range(t0_us, 500, 5000);
}

static void a_single_one_neither_waits_nor_spins(void **state)
{
    uint64_t t0_us;
    (void)state;
    assert_in_range(count_looks(1, &t0_us), 1, 2);
    assert_int_equal(t0_us, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_wait_for_their_instant),
        cmocka_unit_test(a_single_one_neither_waits_nor_spins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
