#include "decide/learn_interval.h"

#include "../near.h"
#include "base/clock.h"

#define MINUTE_US (60 * US_PER_S)

static struct endpoint endpoint_of(uint64_t start_us)
{
    return (struct endpoint){.interval_us = start_us,
                             .interval_auto = true,
                             .interval_min_us = MINUTE_US,
                             .interval_max_us = 60 * MINUTE_US};
}

/* N instances, the same ones in each round, all of which die when they are idle for longer than LIFETIME_US.
 */
struct fleet {
    struct endpoint endpoint;
    struct learned_interval learned;
    uint32_t n;
    uint64_t lifetime_us;
    uint64_t longest_us; /* that they have survived */
    uint32_t losses;     /* rounds that found them dead */
};

static struct fleet fleet_of(uint32_t n, uint64_t lifetime_us, uint64_t start_us)
{
    struct fleet fleet = {.endpoint = endpoint_of(start_us), .n = n, .lifetime_us = lifetime_us};
    learn_interval_init(&fleet.learned, &fleet.endpoint);
    return fleet;
}

/* After IDLE_US. */
static void pass(struct fleet *fleet, uint64_t idle_us)
{
    struct lifetimes *lifetimes = &fleet->learned.lifetimes;
    struct retained retained = {.idle_us = idle_us, .expected = fleet->n};
    lifetimes_fade(lifetimes, idle_us);
    if (idle_us > fleet->lifetime_us) {
        retained.died = fleet->n;
        lifetimes_died(lifetimes, idle_us, fleet->n);
        fleet->longest_us = 0;
        fleet->losses++;
    } else {
        retained.survived = fleet->n;
        if (idle_us > fleet->longest_us) {
            lifetimes_survived(lifetimes, fleet->longest_us, idle_us, fleet->n);
            fleet->longest_us = idle_us;
        }
    }
    learn_interval(&fleet->learned, &fleet->endpoint, &retained);
}

static void pass_rounds(struct fleet *fleet, int rounds)
{
    for (int i = 0; i < rounds; i++)
        pass(fleet, fleet->learned.interval_us);
}

static void classes_are_twentieths(void **state)
{
    (void)state;
    assert_int_equal(lifetimes_class(0), 0);
    assert_int_equal(lifetimes_class(US_PER_S), 0);
    assert_int_equal(lifetimes_class(1060000), 1);
    assert_int_equal(lifetimes_class(5 * MINUTE_US), 116);
    assert_int_equal(lifetimes_class(UINT64_MAX), LIFETIMES_CLASSES - 1);
}

static void the_share_lost_is_kaplans_and_meiers(void **state)
{
    (void)state;
    struct lifetimes lifetimes = {0};
    lifetimes_survived(&lifetimes, 0, 6 * MINUTE_US, 16);
    lifetimes_died(&lifetimes, 5 * MINUTE_US, 5);
    lifetimes_died(&lifetimes, 6 * MINUTE_US, 20);
    assert_near(lifetimes_loss(&lifetimes, lifetimes_class(4 * MINUTE_US)), 0, 1e-12);
    assert_near(lifetimes_loss(&lifetimes, lifetimes_class(5 * MINUTE_US)), 0.2, 1e-12);
    assert_near(lifetimes_loss(&lifetimes, lifetimes_class(6 * MINUTE_US)), 1 - 0.8 * 0.5, 1e-12);
    lifetimes_died(&lifetimes, 5 * MINUTE_US, -9);
    assert_near(lifetimes_loss(&lifetimes, lifetimes_class(5 * MINUTE_US)), 0, 1e-12);
}

static void evidence_halves_in_a_day(void **state)
{
    (void)state;
    struct lifetimes lifetimes = {.retired = 8, .instance_us = 16};
    lifetimes_survived(&lifetimes, 0, 5 * MINUTE_US, 12);
    lifetimes_fade(&lifetimes, 24 * 60 * MINUTE_US);
    assert_near(lifetimes.survived[lifetimes_class(5 * MINUTE_US)], 6, 1e-9);
    assert_near(lifetimes.retired, 4, 1e-9);
    lifetimes_fade(&lifetimes, UINT64_MAX);
    assert_near(lifetimes.survived[lifetimes_class(5 * MINUTE_US)], 0, 1e-9);
}

static void full_rounds_stretch_it(void **state)
{
    (void)state;
    struct fleet fleet = fleet_of(20, UINT64_MAX, 5 * MINUTE_US);
    uint64_t before_us = fleet.learned.interval_us;
    pass_rounds(&fleet, 1);
    assert_in_range(fleet.learned.interval_us, before_us + before_us / 20, before_us + before_us / 6);
    pass_rounds(&fleet, 200);
    assert_int_equal(fleet.learned.interval_us, 60 * MINUTE_US); /* and no further */
}

static void a_single_instance_takes_several_rounds(void **state)
{
    (void)state;
    struct fleet fleet = fleet_of(1, UINT64_MAX, 5 * MINUTE_US);
    pass_rounds(&fleet, 3);
    assert_int_equal(fleet.learned.interval_us, 5 * MINUTE_US);
    pass_rounds(&fleet, 1);
    assert_true(fleet.learned.interval_us > 5 * MINUTE_US);
}

/* From below and from above, for few and for many. */
static void it_ends_just_under_the_lifetime(void **state)
{
    static const uint64_t lifetimes_s[] = {61, 100, 300, 333, 600, 1500};
    static const uint32_t sizes[] = {1, 2, 5, 20, 1000};
    (void)state;
    for (size_t i = 0; i < sizeof lifetimes_s / sizeof *lifetimes_s; i++)
        for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
            uint64_t lifetime_us = lifetimes_s[i] * US_PER_S;
            struct fleet fleet = fleet_of(sizes[j], lifetime_us, 5 * MINUTE_US);
            pass_rounds(&fleet, 400);
            uint32_t losses = fleet.losses;
            assert_in_range(fleet.learned.interval_us, lifetime_us * 85 / 100, lifetime_us);
            pass_rounds(&fleet, 100);
            assert_true(fleet.losses - losses <= 1);
        }
}

/* Seconds instead of minutes, beginning with the longest. */
static void a_limit_below_is_found_in_a_minute(void **state)
{
    (void)state;
    struct fleet fleet = fleet_of(5, 4 * US_PER_S, 10 * US_PER_S);
    uint64_t time_us = 0;
    fleet.endpoint.interval_min_us = US_PER_S;
    fleet.endpoint.interval_max_us = fleet.learned.interval_us = 10 * US_PER_S;
    while (time_us < 60 * US_PER_S) {
        time_us += fleet.learned.interval_us;
        pass_rounds(&fleet, 1);
    }
    assert_in_range(fleet.learned.interval_us, 3400000, 4000000);
}

static void a_loss_shrinks_it_by_a_third_at_most(void **state)
{
    (void)state;
    struct fleet fleet = fleet_of(20, 2 * MINUTE_US, 5 * MINUTE_US);
    pass_rounds(&fleet, 1);
    assert_int_equal(fleet.learned.interval_us, 5 * MINUTE_US * 2 / 3);
}

static void a_lone_death_among_many_changes_nothing(void **state)
{
    (void)state;
    struct fleet fleet = fleet_of(20, UINT64_MAX, 5 * MINUTE_US);
    uint64_t idle_us = fleet.learned.interval_us;
    struct retained retained = {.survived = 19, .died = 1, .expected = 20, .idle_us = idle_us};
    lifetimes_survived(&fleet.learned.lifetimes, 0, idle_us, 19);
    lifetimes_died(&fleet.learned.lifetimes, idle_us, 1);
    assert_true(learn_interval(&fleet.learned, &fleet.endpoint, &retained) >= 5 * MINUTE_US);
}

static void lifetimes_that_fall_are_noticed_at_once(void **state)
{
    (void)state;
    struct fleet fleet = fleet_of(20, 10 * MINUTE_US, 5 * MINUTE_US);
    pass_rounds(&fleet, 300);
    fleet.lifetime_us = 5 * MINUTE_US;
    fleet.losses = 0;
    pass_rounds(&fleet, 2);
    assert_int_equal(fleet.losses, 1);
    assert_true(fleet.learned.interval_us < 5 * MINUTE_US);
    pass_rounds(&fleet, 50);
    assert_true(fleet.losses <= 2);
}

static void of_a_single_instance_three_deaths_say_so(void **state)
{
    (void)state;
    struct fleet fleet = fleet_of(1, 10 * MINUTE_US, 5 * MINUTE_US);
    /* Many lives of one: each new instance testifies again. */
    for (int life = 0; life < 40; life++) {
        pass_rounds(&fleet, 10);
        fleet.longest_us = 0;
    }
    fleet.lifetime_us = 4 * MINUTE_US;
    fleet.losses = 0;
    for (int round = 0; round < 20 && fleet.learned.interval_us > 5 * MINUTE_US; round++)
        pass_rounds(&fleet, 1);
    assert_in_range(fleet.losses, 2, 3);
}

static void a_pause_is_no_change(void **state)
{
    (void)state;
    struct fleet fleet = fleet_of(20, 10 * MINUTE_US, 5 * MINUTE_US);
    pass_rounds(&fleet, 300);
    uint64_t before_us = fleet.learned.interval_us;
    pass(&fleet, 600 * MINUTE_US); /* the daemon was stopped, or the machine slept */
    assert_in_range(fleet.learned.interval_us, before_us, 10 * MINUTE_US);
}

static void longer_lifetimes_are_found_out_in_days(void **state)
{
    (void)state;
    struct fleet fleet = fleet_of(20, 5 * MINUTE_US, 5 * MINUTE_US);
    pass_rounds(&fleet, 300);
    fleet.lifetime_us = 10 * MINUTE_US;
    pass_rounds(&fleet, 10 * 24 * 12);
    assert_in_range(fleet.learned.interval_us, 9 * MINUTE_US, 10 * MINUTE_US);
}

static void no_more_than_a_tenth_may_retire_in_it(void **state)
{
    (void)state;
    struct fleet fleet = fleet_of(20, UINT64_MAX, 5 * MINUTE_US);
    assert_int_equal(lifetimes_retirement_us(&fleet.learned.lifetimes), UINT64_MAX);
    fleet.learned.lifetimes.retired = 10;
    fleet.learned.lifetimes.instance_us = 10.0 * 120 * (double)MINUTE_US;
    assert_in_range(lifetimes_retirement_us(&fleet.learned.lifetimes), 12 * MINUTE_US - 1,
                    12 * MINUTE_US + 1);
    pass_rounds(&fleet, 100);
    assert_in_range(fleet.learned.interval_us, 12 * MINUTE_US - 10, 12 * MINUTE_US + 10);
}

static void nothing_seen_changes_nothing(void **state)
{
    (void)state;
    struct fleet fleet = fleet_of(20, UINT64_MAX, 5 * MINUTE_US);
    struct retained nothing = {0};
    for (int i = 0; i < 100; i++)
        assert_int_equal(learn_interval(&fleet.learned, &fleet.endpoint, &nothing), 5 * MINUTE_US);
}

static void bounds_hold_from_the_start_and_after_a_reload(void **state)
{
    (void)state;
    struct fleet fleet = fleet_of(20, 10 * MINUTE_US, 500 * MINUTE_US);
    assert_int_equal(fleet.learned.interval_us, 60 * MINUTE_US);
    fleet = fleet_of(20, 10 * MINUTE_US, 5 * MINUTE_US);
    pass_rounds(&fleet, 300);
    fleet.endpoint.interval_max_us = 7 * MINUTE_US;
    learn_interval_clamp(&fleet.learned, &fleet.endpoint);
    assert_int_equal(fleet.learned.interval_us, 7 * MINUTE_US);
    pass_rounds(&fleet, 50);
    assert_int_equal(fleet.learned.interval_us, 7 * MINUTE_US);
    fleet.endpoint.interval_min_us = fleet.endpoint.interval_max_us = 20 * MINUTE_US;
    pass_rounds(&fleet, 50); /* all die each time, and still */
    assert_int_equal(fleet.learned.interval_us, 20 * MINUTE_US);
}

static void the_longest_intervals_have_no_class_beyond(void **state)
{
    (void)state;
    struct fleet fleet = fleet_of(20, UINT64_MAX, 5 * MINUTE_US);
    fleet.endpoint.interval_max_us = UINT64_C(31) * 24 * 60 * MINUTE_US;
    pass_rounds(&fleet, 500);
    assert_in_range(fleet.learned.interval_us, 240 * MINUTE_US, 300 * MINUTE_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_twentieths),
        cmocka_unit_test(the_share_lost_is_kaplans_and_meiers),
        cmocka_unit_test(evidence_halves_in_a_day),
        cmocka_unit_test(full_rounds_stretch_it),
        cmocka_unit_test(a_single_instance_takes_several_rounds),
        cmocka_unit_test(it_ends_just_under_the_lifetime),
        cmocka_unit_test(a_limit_below_is_found_in_a_minute),
        cmocka_unit_test(a_loss_shrinks_it_by_a_third_at_most),
        cmocka_unit_test(a_lone_death_among_many_changes_nothing),
        cmocka_unit_test(lifetimes_that_fall_are_noticed_at_once),
        cmocka_unit_test(of_a_single_instance_three_deaths_say_so),
        cmocka_unit_test(a_pause_is_no_change),
        cmocka_unit_test(longer_lifetimes_are_found_out_in_days),
        cmocka_unit_test(no_more_than_a_tenth_may_retire_in_it),
        cmocka_unit_test(nothing_seen_changes_nothing),
        cmocka_unit_test(bounds_hold_from_the_start_and_after_a_reload),
        cmocka_unit_test(the_longest_intervals_have_no_class_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
