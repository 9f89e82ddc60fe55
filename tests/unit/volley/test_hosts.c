#include "volley/hosts.h"

#include "../cmocka_all.h"
#include "base/clock.h"

static uint64_t now_us = US_PER_S;

static uint64_t read_clock(clockid_t clock)
{
    (void)clock;
    return now_us * NS_PER_US;
}

static void a_better_http1_is_kept(void **state)
{
    (void)state;
    assert_true(hosts_doubt_http2("a.example", 443, "orders", 12, 20));
    assert_true(hosts_tries_http1("a.example", 443, "orders"));
    /* Another endpoint's figures are no comparison. */
    assert_false(hosts_tries_http1("a.example", 443, "billing"));
    assert_false(hosts_settle_doubt("a.example", 443, "billing", 20, 20));
    assert_false(hosts_recall("a.example", 443).prefers_http1);
    assert_true(hosts_settle_doubt("a.example", 443, "orders", 20, 20));
    assert_true(hosts_recall("a.example", 443).prefers_http1);
    assert_false(hosts_recall("a.example", 8443).prefers_http1);
    assert_false(hosts_doubt_http2("a.example", 443, "orders", 12, 20));
}

static void one_that_is_no_better_is_tried_again_after_an_hour(void **state)
{
    (void)state;
    assert_true(hosts_doubt_http2("b.example", 443, "orders", 12, 20));
    assert_false(hosts_settle_doubt("b.example", 443, "orders", 13, 20));
    assert_false(hosts_tries_http1("b.example", 443, "orders"));
    assert_false(hosts_recall("b.example", 443).prefers_http1);
    assert_false(hosts_doubt_http2("b.example", 443, "orders", 12, 20));
    now_us += UINT64_C(3601) * US_PER_S;
    assert_true(hosts_doubt_http2("b.example", 443, "orders", 12, 20));
    /* By their shares, where the numbers differ. */
    assert_true(hosts_settle_doubt("b.example", 443, "orders", 8, 10));
}

static void endpoints_that_take_turns_put_off_no_trial(void **state)
{
    (void)state;
    assert_true(hosts_doubt_http2("c.example", 443, "orders", 12, 20));
    assert_false(hosts_doubt_http2("c.example", 443, "billing", 12, 20));
    assert_true(hosts_tries_http1("c.example", 443, "orders"));
    /* One whose trial never comes: it may be gone. */
    now_us += UINT64_C(3601) * US_PER_S;
    assert_true(hosts_doubt_http2("c.example", 443, "billing", 12, 20));
    assert_true(hosts_settle_doubt("c.example", 443, "billing", 20, 20));
}

/* Threads read the clock at their own times: one of them may be a little behind. */
static void what_a_host_speaks_is_kept_for_an_hour(void **state)
{
    (void)state;
    hosts_remember_spoken("d.example", 443, SPOKEN_HTTP1, 0);
    now_us--;
    assert_int_equal(hosts_recall("d.example", 443).spoken, SPOKEN_HTTP1);
    now_us += UINT64_C(3600) * US_PER_S;
    assert_int_equal(hosts_recall("d.example", 443).spoken, SPOKEN_HTTP1);
    now_us++;
    assert_int_equal(hosts_recall("d.example", 443).spoken, SPOKEN_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_better_http1_is_kept),
        cmocka_unit_test(one_that_is_no_better_is_tried_again_after_an_hour),
        cmocka_unit_test(endpoints_that_take_turns_put_off_no_trial),
        cmocka_unit_test(what_a_host_speaks_is_kept_for_an_hour),
    };
    clock_set_source(read_clock);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
