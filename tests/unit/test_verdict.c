#include "decide/verdict.h"

#include "base/clock.h"
#include "cmocka_all.h"

#include <string.h>

enum { MS = 1000000 }; /* in nanoseconds */

enum { ATTEMPTS_MOST = 3 };

static struct sample answered(uint32_t index, uint32_t attempt, const char *instance, uint64_t release_ns,
                              uint64_t end_ns)
{
    return (struct sample){.index = index,
                           .attempt = attempt,
                           .outcome = OUTCOME_OK,
                           .status = 200,
                           .instance = instance ? strdup(instance) : NULL,
                           .release_ns = release_ns,
                           .end_ns = end_ns};
}

static struct sample failed(uint32_t index, enum cause cause, int status)
{
    return (struct sample){.index = index,
                           .attempt = 1,
                           .outcome = cause == CAUSE_THROTTLED ? OUTCOME_THROTTLED : OUTCOME_FAILED,
                           .cause = cause,
                           .status = status,
                           .end_ns = 1};
}

static struct round *round_of(const struct sample *samples, size_t n)
{
    struct round *round = calloc(1, sizeof *round);
    round->samples = calloc(n, sizeof *samples);
    memcpy(round->samples, samples, n * sizeof *samples);
    round->n_samples = n;
    return round;
}

static struct round *judge(uint32_t warm, uint32_t attempts, const struct sample *samples, size_t n)
{
    static const struct volley_facts facts[3] = {{.hold_us = 10, .connect_us = 100},
                                                 {.hold_us = 20, .connect_us = 200},
                                                 {.hold_us = 40, .connect_us = 300}};
    struct round *round = round_of(samples, n);
    round->target = warm;
    assert_int_equal(verdict_reach(facts, attempts, round), 0);
    return round;
}

static void all_distinct_is_met(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, 1, "a", 10 * MS, 30 * MS), answered(2, 1, "b", 11 * MS, 31 * MS),
                               answered(3, 1, "c", 12 * MS, 42 * MS)};
    samples[1].cold = COLD_YES;
    samples[2].cold = COLD_NO;
    struct round *round = judge(3, 1, samples, 3);
    assert_int_equal(round->result, ROUND_MET);
    assert_true(round->distinct_known);
    assert_int_equal(round->distinct, 3);
    assert_true(round->cold_known);
    assert_int_equal(round->cold, 1);
    assert_int_equal(round->peak, 3);
    assert_int_equal(round->skew_us, 2000);
    assert_int_equal(round->p50_us, 20000);
    assert_int_equal(round->p99_us, 30000);
    assert_int_equal(round->max_us, 30000);
    assert_int_equal(round->sent, 3);
    round_free(round);
}

static void a_reused_instance_is_short(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, 1, "a", 10 * MS, 11 * MS), answered(2, 1, "a", 12 * MS, 13 * MS)};
    struct round *round = judge(2, 1, samples, 2);
    assert_int_equal(round->result, ROUND_SHORT);
    assert_int_equal(round->distinct, 1);
    assert_int_equal(round->ok, 2);
    assert_int_equal(round->peak, 1); /* one after the other */
    assert_true(verdict_wants_more(ATTEMPTS_MOST, round));
    round_free(round);
}

static void unnamed_instances_are_unproven(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, 1, "a", 1, 2), answered(2, 1, NULL, 1, 2)};
    struct round *round = judge(2, 1, samples, 2);
    assert_false(round->distinct_known);
    assert_int_equal(round->result, ROUND_MET); /* by the number of expected answers */
    assert_false(round->cold_known);
    assert_false(verdict_wants_more(ATTEMPTS_MOST, round));
    round_free(round);
}

static void distinct_is_the_union_and_skew_the_best_attempts(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, 1, "a", 10 * MS, 90 * MS), answered(2, 1, "a", 50 * MS, 90 * MS),
                               answered(1, 2, "a", 100 * MS, 190 * MS),
                               answered(2, 2, "b", 101 * MS, 190 * MS)};
    struct round *round = judge(2, 2, samples, 4);
    assert_int_equal(round->result, ROUND_MET);
    assert_int_equal(round->distinct, 2);
    assert_int_equal(round->sent, 4);
    assert_int_equal(round->ok, 4);
    assert_int_equal(round->skew_us, 1000);
    assert_int_equal(round->peak, 2);
    assert_int_equal(round->hold_us, 20);
    assert_int_equal(round->connect_us, 200);
    assert_int_equal(round->attempts, 2);
    assert_false(verdict_wants_more(ATTEMPTS_MOST, round));
    round_free(round);
}

static void causes_are_counted_most_frequent_first(void **state)
{
    (void)state;
    struct sample samples[] = {failed(1, CAUSE_STATUS, 503), failed(2, CAUSE_REFUSED, 0),
                               failed(3, CAUSE_STATUS, 500), failed(4, CAUSE_REFUSED, 0),
                               failed(5, CAUSE_THROTTLED, 429)};
    struct round *round = judge(5, 1, samples, 5);
    char name[CAUSE_NAME_MAX];
    assert_int_equal(round->result, ROUND_FAILED);
    assert_int_equal(round->failed, 4);
    assert_int_equal(round->throttled, 1);
    assert_int_equal(round->n_causes, 4);
    assert_int_equal(round->causes[0].cause, CAUSE_REFUSED);
    assert_int_equal(round->causes[0].n, 2);
    assert_string_equal(cause_name(CAUSE_STATUS, 503, name), "http-503");
    assert_int_equal(round->peak, 0);
    assert_false(verdict_wants_more(ATTEMPTS_MOST, round));
    round_free(round);
}

static void throttling_asks_for_no_more(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, 1, "a", 1, 2), failed(2, CAUSE_THROTTLED, 429)};
    struct round *round = judge(2, 1, samples, 2);
    assert_int_equal(round->result, ROUND_SHORT);
    assert_false(verdict_wants_more(ATTEMPTS_MOST, round));
    round_free(round);
}

static void attempts_end(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, 1, "a", 1, 2), answered(2, 1, "a", 3, 4)};
    struct round *round = judge(2, 1, samples, 2);
    assert_false(verdict_wants_more(1, round));
    round_free(round);
}

static void the_hold_doubles_up_to_a_minute(void **state)
{
    (void)state;
    assert_int_equal(verdict_next_hold_us(75000), 150000);
    assert_int_equal(verdict_next_hold_us(0), 1000);
    assert_int_equal(verdict_next_hold_us(50000000), VERDICT_HOLD_MOST_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_distinct_is_met),
        cmocka_unit_test(a_reused_instance_is_short),
        cmocka_unit_test(unnamed_instances_are_unproven),
        cmocka_unit_test(distinct_is_the_union_and_skew_the_best_attempts),
        cmocka_unit_test(causes_are_counted_most_frequent_first),
        cmocka_unit_test(throttling_asks_for_no_more),
        cmocka_unit_test(attempts_end),
        cmocka_unit_test(the_hold_doubles_up_to_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
