#include "cmocka_all.h"

#include "base/clock.h"
#include "volley/hosts.h"

static uint64_t now_us;
static uint64_t clock_of_test(clockid_t clock)
{
    (void)clock;
    return now_us * NS_PER_US;
}

static void http1_is_forgotten_after_an_hour_and_not_before(void **state)
{
    (void)state;
    now_us = 7200 * US_PER_S;
    clock_set_source(clock_of_test);
    hosts_remember("a.test", 443, (struct host_memory){.spoken = SPOKEN_HTTP1});
    assert_int_equal(hosts_recall("a.test", 443).spoken, SPOKEN_HTTP1);
    now_us -= 1; /* as seen by a thread that has read the clock before another one learned it */
    assert_int_equal(hosts_recall("a.test", 443).spoken, SPOKEN_HTTP1);
    now_us += 3599 * US_PER_S;
    assert_int_equal(hosts_recall("a.test", 443).spoken, SPOKEN_HTTP1);
    now_us += 2 * US_PER_S;
    assert_int_equal(hosts_recall("a.test", 443).spoken, SPOKEN_UNKNOWN);
    assert_int_equal(hosts_recall("a.test", 444).spoken, SPOKEN_UNKNOWN);
    clock_set_source(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http1_is_forgotten_after_an_hour_and_not_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
