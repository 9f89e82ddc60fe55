#include "decide/learn_hold.h"

#include "../near.h"
#include "base/clock.h"

static const struct endpoint automatic = {.hold_us = 75 * US_PER_MS, .hold_auto = true};

/* A round of 20 whose arrivals are spread over SPREAD_US: its first attempt asks for the learned hold, and
 * each later one for double, until no instance was met twice. */
static struct observation round_of(const struct learned_hold *learned, uint64_t spread_us, uint64_t skew_us)
{
    struct observation observation = {
        .named = true, .ok = 20, .first_ok = 20, .skew_us = skew_us, .hold_us = learn_hold_us(learned)};
    observation.first_distinct = observation.hold_us >= spread_us ? 20 : 19;
    observation.enough_us = observation.hold_us >= spread_us       ? observation.hold_us
                            : 2 * observation.hold_us >= spread_us ? 2 * observation.hold_us
                                                                   : 0;
    return observation;
}

static void pass_rounds(struct learned_hold *learned, int rounds, uint64_t spread_us, uint64_t skew_us)
{
    for (int i = 0; i < rounds; i++) {
        struct observation observation = round_of(learned, spread_us, skew_us);
        learn_hold(learned, &automatic, &observation);
    }
}

static void it_comes_down_to_the_skew(void **state)
{
    (void)state;
    struct learned_hold learned;
    learn_hold_init(&learned, &automatic);
    assert_int_equal(learn_hold_us(&learned), 75 * US_PER_MS);
    pass_rounds(&learned, 30, 0, US_PER_MS);
    assert_int_equal(learn_hold_us(&learned), 2 * US_PER_MS);
    pass_rounds(&learned, 500, 0, 20);
    assert_int_equal(learn_hold_us(&learned), US_PER_MS);
}

static void it_follows_a_larger_skew_at_once(void **state)
{
    (void)state;
    struct learned_hold learned;
    learn_hold_init(&learned, &automatic);
    pass_rounds(&learned, 50, 0, US_PER_MS);
    pass_rounds(&learned, 1, 0, 20 * US_PER_MS);
    assert_int_equal(learn_hold_us(&learned), 30 * US_PER_MS);
}

static void a_reused_instance_doubles_it(void **state)
{
    (void)state;
    struct learned_hold learned;
    learn_hold_init(&learned, &automatic);
    pass_rounds(&learned, 20, 0, US_PER_MS);
    pass_rounds(&learned, 1, 4 * US_PER_MS, US_PER_MS);
    assert_int_equal(learn_hold_us(&learned), 4 * US_PER_MS);
    assert_true(learned.was_short);
}

static void what_a_further_attempt_has_shown_is_taken(void **state)
{
    (void)state;
    struct learned_hold learned;
    learn_hold_init(&learned, &automatic);
    struct observation observation = {.named = true,
                                      .first_ok = 20,
                                      .first_distinct = 11,
                                      .hold_us = 10 * US_PER_MS,
                                      .enough_us = 40 * US_PER_MS};
    assert_int_equal(learn_hold(&learned, &automatic, &observation), 40 * US_PER_MS);
}

static void one_round_in_a_hundred_is_short_in_the_long_run(void **state)
{
    (void)state;
    struct learned_hold learned;
    uint32_t short_rounds = 0;
    learn_hold_init(&learned, &automatic);
    pass_rounds(&learned, 1000, 10 * US_PER_MS, US_PER_MS);
    for (int i = 0; i < 10000; i++) {
        struct observation observation = round_of(&learned, 10 * US_PER_MS, US_PER_MS);
        short_rounds += observation.first_distinct < observation.first_ok;
        learn_hold(&learned, &automatic, &observation);
    }
    assert_in_range(short_rounds, 80, 120);
    assert_in_range(learn_hold_us(&learned), 9 * US_PER_MS, 21 * US_PER_MS);
}

static void failed_requests_are_not_reused_instances(void **state)
{
    (void)state;
    struct learned_hold learned;
    learn_hold_init(&learned, &automatic);
    struct observation observation = {.named = true,
                                      .ok = 11,
                                      .failed = 9,
                                      .first_ok = 11,
                                      .first_distinct = 11,
                                      .hold_us = 75 * US_PER_MS};
    assert_true(learn_hold(&learned, &automatic, &observation) < 75 * US_PER_MS);
}

static void without_names_nothing_is_learned(void **state)
{
    (void)state;
    struct learned_hold learned;
    learn_hold_init(&learned, &automatic);
    struct observation mute = {.ok = 20}, none = {.named = true, .failed = 20};
    assert_int_equal(learn_hold(&learned, &automatic, &mute), 75 * US_PER_MS);
    assert_int_equal(learn_hold(&learned, &automatic, &none), 75 * US_PER_MS);
}

/* A front that never gives more than ten: no hold is long enough, and none is let grow without end. */
static void it_ends_at_its_most_and_begins_again(void **state)
{
    (void)state;
    struct learned_hold learned;
    uint64_t most_us = 0;
    bool began_again = false;
    learn_hold_init(&learned, &automatic);
    for (int i = 0; i < 20; i++) {
        struct observation observation = {
            .named = true, .first_ok = 20, .first_distinct = 10, .hold_us = learn_hold_us(&learned)};
        uint64_t hold_us = learn_hold(&learned, &automatic, &observation);
        most_us = hold_us > most_us ? hold_us : most_us;
        began_again |= hold_us == automatic.hold_us;
    }
    assert_int_equal(most_us, LEARN_HOLD_MOST_US);
    assert_true(began_again);
}

static void enormous_skews_overflow_nothing(void **state)
{
    (void)state;
    struct learned_hold learned;
    learn_hold_init(&learned, &automatic);
    pass_rounds(&learned, 1, 0, UINT64_MAX);
    assert_int_equal(learn_hold_us(&learned), LEARN_HOLD_MOST_US);
}

/* A first attempt of 20 that met 12, asked for HOLD. */
static struct observation short_of(uint64_t hold_us)
{
    return (struct observation){
        .named = true, .ok = 20, .first_ok = 20, .first_distinct = 12, .hold_us = hold_us};
}

static void it_begins_where_the_answers_are_covered(void **state)
{
    (void)state;
    struct learned_hold learned;
    learn_hold_init(&learned, &automatic);
    struct observation observation = short_of(75 * US_PER_MS);
    observation.spread_us = 400 * US_PER_MS;
    learn_hold(&learned, &automatic, &observation);
    assert_int_equal(learn_hold_us(&learned), 500 * US_PER_MS);
    /* What a further attempt has shown to be enough is known better. */
    learn_hold_init(&learned, &automatic);
    observation.enough_us = 300 * US_PER_MS;
    learn_hold(&learned, &automatic, &observation);
    assert_int_equal(learn_hold_us(&learned), 300 * US_PER_MS);
}

static void where_a_longer_hold_is_futile_it_stays(void **state)
{
    (void)state;
    struct learned_hold learned;
    learn_hold_init(&learned, &automatic);
    for (int i = 0; i < 50; i++) {
        struct observation observation = short_of(learn_hold_us(&learned));
        observation.is_futile = true;
        learn_hold(&learned, &automatic, &observation);
    }
    assert_int_equal(learn_hold_us(&learned), 75 * US_PER_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_comes_down_to_the_skew),
        cmocka_unit_test(it_follows_a_larger_skew_at_once),
        cmocka_unit_test(a_reused_instance_doubles_it),
        cmocka_unit_test(what_a_further_attempt_has_shown_is_taken),
        cmocka_unit_test(one_round_in_a_hundred_is_short_in_the_long_run),
        cmocka_unit_test(failed_requests_are_not_reused_instances),
        cmocka_unit_test(without_names_nothing_is_learned),
        cmocka_unit_test(it_ends_at_its_most_and_begins_again),
        cmocka_unit_test(enormous_skews_overflow_nothing),
        cmocka_unit_test(it_begins_where_the_answers_are_covered),
        cmocka_unit_test(where_a_longer_hold_is_futile_it_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
