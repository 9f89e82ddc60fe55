#include "decide/throttle.h"

#include "../cmocka_all.h"
#include "base/clock.h"

#define MINUTE_US (60 * US_PER_S)
#define NOW_US (UINT64_C(1764000000) * US_PER_S)

static const struct observation throttled = {.sent = 20, .ok = 12, .throttled = 8},
                                calm = {.sent = 20, .ok = 20}, silent = {.sent = 20, .failed = 20};

static enum throttle_change take(struct throttle *throttle, const struct observation *observation,
                                 uint64_t now_us)
{
    return throttle_take(throttle, observation, 5 * MINUTE_US, now_us);
}

static uint64_t key_of(const char *url, const char *function, const char *region)
{
    struct endpoint endpoint = {.url = (char *)(uintptr_t)url,
                                .function = (char *)(uintptr_t)function,
                                .region = (char *)(uintptr_t)region};
    return throttle_key(&endpoint);
}

static void a_function_is_the_same_by_name_and_by_arn(void **state)
{
    (void)state;
    uint64_t key = key_of(NULL, "billing", "eu-west-1");
    assert_int_equal(key, key_of(NULL, "billing:live", "eu-west-1"));
    assert_int_equal(key, key_of(NULL, "arn:aws:lambda:eu-west-1:123456789012:function:billing", NULL));
    assert_int_equal(key,
                     key_of(NULL, "arn:aws:lambda:eu-west-1:123456789012:function:billing:7", "eu-west-1"));
    assert_int_not_equal(key, key_of(NULL, "billing", "us-east-1"));
    assert_int_not_equal(key, key_of(NULL, "bill", "eu-west-1"));
    assert_int_not_equal(key,
                         key_of(NULL, "arn:aws:lambda:us-east-1:123456789012:function:billing", "eu-west-1"));
    key_of(NULL, "arn:", NULL); /* whatever it is, it is some key */
}

static void a_url_is_the_same_whatever_it_asks(void **state)
{
    (void)state;
    uint64_t key = key_of("https://h.example/a", NULL, NULL);
    assert_int_equal(key, key_of("https://h.example/a?x=1", NULL, NULL));
    assert_int_not_equal(key, key_of("https://h.example/b", NULL, NULL));
    assert_int_not_equal(key, key_of("https://i.example/a", NULL, NULL));
}

static void endpoints_of_a_function_share_one(void **state)
{
    (void)state;
    static char name[] = "billing", live[] = "live", other[] = "other";
    struct endpoint a = {.function = name}, b = {.function = name, .qualifier = live},
                    c = {.function = other};
    struct throttles throttles = {0};
    struct throttle *of_a = throttles_of(&throttles, &a);
    take(of_a, &throttled, NOW_US);
    assert_int_equal(throttle_share(throttles_of(&throttles, &b), 20), 10);
    assert_int_equal(throttle_share(throttles_of(&throttles, &c), 20), 20);
    assert_int_equal(throttles.n, 2);
    throttles_free(&throttles);
}

static void each_throttled_round_halves_and_waits_longer(void **state)
{
    (void)state;
    struct throttle throttle = {.share = 1};
    uint64_t now_us = NOW_US;
    assert_int_equal(take(&throttle, &throttled, now_us), THROTTLE_BEGAN);
    assert_int_equal(throttle_share(&throttle, 20), 10);
    assert_int_equal(throttle_wait_us(&throttle, now_us), 10 * MINUTE_US);
    assert_int_equal(throttle_wait_us(&throttle, now_us + 9 * MINUTE_US), MINUTE_US);
    now_us += 10 * MINUTE_US;
    assert_int_equal(throttle_wait_us(&throttle, now_us), 0);
    assert_int_equal(take(&throttle, &throttled, now_us), THROTTLE_SAME);
    assert_int_equal(throttle_share(&throttle, 20), 5);
    assert_int_equal(throttle_wait_us(&throttle, now_us), 20 * MINUTE_US);
}

static void rounds_that_were_under_way_count_once(void **state)
{
    (void)state;
    struct throttle throttle = {.share = 1};
    take(&throttle, &throttled, NOW_US);
    take(&throttle, &throttled, NOW_US + US_PER_S);
    assert_int_equal(throttle_share(&throttle, 20), 10);
}

static void waits_end_at_an_hour_and_shares_at_one(void **state)
{
    (void)state;
    struct throttle throttle = {.share = 1};
    uint64_t now_us = NOW_US;
    for (int round = 0; round < 100; round++) {
        take(&throttle, &throttled, now_us);
        assert_true(throttle_wait_us(&throttle, now_us) <= 60 * MINUTE_US);
        assert_true(throttle_share(&throttle, 20) >= 1);
        now_us += throttle_wait_us(&throttle, now_us);
    }
    assert_int_equal(throttle.wait_us, 60 * MINUTE_US);
    assert_int_equal(throttle_share(&throttle, 20), 1);
    assert_int_equal(throttle_share(&throttle, 0), 0);
}

static void intervals_of_hours_are_their_own_longest_wait(void **state)
{
    (void)state;
    struct throttle throttle = {.share = 1};
    uint64_t month_us = UINT64_C(31) * 24 * 60 * MINUTE_US;
    for (int round = 0; round < 20; round++)
        throttle_take(&throttle, &throttled, month_us, NOW_US + (uint64_t)round * 2 * month_us);
    assert_int_equal(throttle.wait_us, month_us);
}

static void it_recovers_by_an_eighth_an_interval(void **state)
{
    (void)state;
    struct throttle throttle = {.share = 1};
    uint64_t now_us = NOW_US;
    take(&throttle, &throttled, now_us);
    now_us += 10 * MINUTE_US;
    for (uint32_t expected = 50; expected < 80; expected += 10, now_us += 5 * MINUTE_US) {
        assert_int_equal(take(&throttle, &calm, now_us), THROTTLE_SAME);
        assert_int_equal(throttle_share(&throttle, 80), expected);
        /* Another endpoint of the function gives nothing more in the same interval. */
        assert_int_equal(take(&throttle, &calm, now_us + MINUTE_US), THROTTLE_SAME);
        assert_int_equal(throttle_share(&throttle, 80), expected);
    }
    assert_int_equal(take(&throttle, &calm, now_us), THROTTLE_OVER);
    assert_int_equal(throttle_share(&throttle, 80), 80);
    assert_int_equal(take(&throttle, &calm, now_us + 5 * MINUTE_US), THROTTLE_SAME);
}

static void a_round_without_an_answer_gives_nothing_back(void **state)
{
    (void)state;
    struct throttle throttle = {.share = 1};
    take(&throttle, &throttled, NOW_US);
    take(&throttle, &silent, NOW_US + 10 * MINUTE_US);
    assert_int_equal(throttle_share(&throttle, 20), 10);
}

static void clocks_that_are_set_block_nothing(void **state)
{
    (void)state;
    struct throttle throttle = {.share = 1};
    take(&throttle, &throttled, NOW_US);
    assert_int_equal(throttle_wait_us(&throttle, NOW_US - 60 * MINUTE_US), 0); /* set back */
    assert_int_equal(throttle_wait_us(&throttle, 0), 0);
    take(&throttle, &calm, NOW_US - 60 * MINUTE_US);
    assert_int_equal(throttle_share(&throttle, 80), 50);
    assert_int_equal(throttle_wait_us(&throttle, UINT64_MAX), 0); /* set forward */
}

/* A function that answers LIMIT at once, for an endpoint that wants WANTED: one round each interval, or when
 * the wait is over. Returns the requests of the last of ROUNDS; LIFE counts. */
struct life {
    struct throttle throttle;
    uint64_t now_us;
    uint32_t throttled, sent, events[4];
};

static uint32_t live(struct life *life, uint32_t limit, uint32_t wanted, int rounds)
{
    uint32_t count = 0;
    for (int round = 0; round < rounds; round++) {
        uint64_t wait_us = throttle_wait_us(&life->throttle, life->now_us);
        life->now_us += wait_us > 5 * MINUTE_US ? wait_us : 5 * MINUTE_US;
        count = throttle_share(&life->throttle, wanted);
        uint32_t ok = count < limit ? count : limit;
        struct observation observation = {.sent = count, .ok = ok, .throttled = count - ok};
        life->events[take(&life->throttle, &observation, life->now_us)]++;
        life->throttled += observation.throttled > 0;
        life->sent += count;
    }
    return count;
}

static void a_ceiling_is_found_and_kept_to(void **state)
{
    (void)state;
    struct life life = {.throttle = {.share = 1}, .now_us = NOW_US};
    live(&life, 5, 10, 8);
    assert_int_equal(life.throttle.ceiling, 5);
    assert_int_equal(life.events[THROTTLE_CEILING], 1);
    life.throttled = life.sent = 0;
    uint64_t from_us = life.now_us;
    live(&life, 5, 10, 1000);
    /* Five, and a sixth ever more rarely; never a pause. */
    assert_in_range(life.throttled, 3, 10);
    assert_int_equal(life.sent, 5 * 1000 + life.throttled);
    assert_true(life.now_us - from_us == 1000 * 5 * MINUTE_US);
    assert_int_equal(life.events[THROTTLE_BEGAN], 1);
    assert_int_equal(life.events[THROTTLE_CEILING], 1);
    assert_int_equal(life.events[THROTTLE_OVER], 0);
}

static void a_ceiling_that_is_raised_is_found_out(void **state)
{
    (void)state;
    struct life life = {.throttle = {.share = 1}, .now_us = NOW_US};
    live(&life, 50, 200, 30);
    life.throttled = 0;
    assert_true(live(&life, 80, 200, 400) >= 75);
    assert_true(life.throttled < 12);
    assert_int_equal(live(&life, 1000, 200, 300), 200);
    assert_int_equal(life.events[THROTTLE_OVER], 1);
    assert_false(throttle_is_on(&life.throttle));
}

static void a_throttle_that_passes_is_forgotten_within_hours(void **state)
{
    (void)state;
    struct life life = {.throttle = {.share = 1}, .now_us = NOW_US};
    live(&life, 5, 10, 4);
    assert_int_equal(live(&life, 10, 10, 18), 10);
    assert_false(throttle_is_on(&life.throttle));
}

static void real_traffic_under_a_ceiling_comes_first(void **state)
{
    (void)state;
    struct life life = {.throttle = {.share = 1}, .now_us = NOW_US};
    live(&life, 5, 10, 30);
    live(&life, 2, 10, 1); /* users have the others */
    assert_true(throttle_wait_us(&life.throttle, life.now_us) >= 10 * MINUTE_US);
    assert_true(throttle_share(&life.throttle, 10) < 5);
    assert_in_range(live(&life, 5, 10, 30), 5, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_is_the_same_by_name_and_by_arn),
        cmocka_unit_test(a_url_is_the_same_whatever_it_asks),
        cmocka_unit_test(endpoints_of_a_function_share_one),
        cmocka_unit_test(each_throttled_round_halves_and_waits_longer),
        cmocka_unit_test(rounds_that_were_under_way_count_once),
        cmocka_unit_test(waits_end_at_an_hour_and_shares_at_one),
        cmocka_unit_test(intervals_of_hours_are_their_own_longest_wait),
        cmocka_unit_test(it_recovers_by_an_eighth_an_interval),
        cmocka_unit_test(a_round_without_an_answer_gives_nothing_back),
        cmocka_unit_test(a_ceiling_is_found_and_kept_to),
        cmocka_unit_test(a_ceiling_that_is_raised_is_found_out),
        cmocka_unit_test(a_throttle_that_passes_is_forgotten_within_hours),
        cmocka_unit_test(real_traffic_under_a_ceiling_comes_first),
        cmocka_unit_test(clocks_that_are_set_block_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
