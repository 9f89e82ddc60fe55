#include "decide/verdict.h"

#include "../cmocka_all.h"
#include "base/clock.h"

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

/* Reaches the verdict on ROUND, of N attempts like these. */
static void judge_attempts(struct round *round, const struct attempt *attempts, uint32_t n)
{
    memcpy(round->attempts, attempts, n * sizeof *attempts);
    round->n_attempts = n;
    assert_int_equal(verdict_reach(round), 0);
}

static bool doubts_http2(const struct round *round)
{
    return verdict_on_http2(round, HTTP_VERSION_AUTO) == HTTP2_DOUBTED;
}

static struct round *judge(uint32_t warm, uint32_t attempts, const struct sample *samples, size_t n)
{
    static const struct attempt held[3] = {{.hold_us = 10, .connect_us = 100},
                                           {.hold_us = 20, .connect_us = 200},
                                           {.hold_us = 40, .connect_us = 300}};
    struct round *round = round_of(samples, n);
    round->target = warm;
    judge_attempts(round, held, attempts);
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
    assert_true(verdict_next(ATTEMPTS_MOST, round, false).is_wanted);
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
    assert_false(verdict_next(ATTEMPTS_MOST, round, false).is_wanted);
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
    assert_int_equal(round->n_attempts, 2);
    assert_false(verdict_next(ATTEMPTS_MOST, round, false).is_wanted);
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
    assert_false(verdict_next(ATTEMPTS_MOST, round, false).is_wanted);
    round_free(round);
}

static void throttling_asks_for_no_more(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, 1, "a", 1, 2), failed(2, CAUSE_THROTTLED, 429)};
    struct round *round = judge(2, 1, samples, 2);
    assert_int_equal(round->result, ROUND_SHORT);
    assert_false(verdict_next(ATTEMPTS_MOST, round, false).is_wanted);
    round_free(round);
}

static void attempts_end(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, 1, "a", 1, 2), answered(2, 1, "a", 3, 4)};
    struct round *round = judge(2, 1, samples, 2);
    assert_false(verdict_next(1, round, false).is_wanted);
    round_free(round);
}

static void the_hold_doubles_up_to_a_minute(void **state)
{
    (void)state;
    assert_int_equal(verdict_longer_hold_us(75000, 0), 150000);
    assert_int_equal(verdict_longer_hold_us(0, 0), 1000);
    assert_int_equal(verdict_longer_hold_us(50000000, 0), VERDICT_HOLD_MOST_US);
}

/* A round whose Nth answer came END_MS after its release, from the Nth of INSTANCES. */
static struct round *answered_in(uint32_t attempt, const char *instances, const unsigned end_ms[])
{
    struct sample samples[32] = {0};
    size_t n = strlen(instances);
    for (size_t i = 0; i < n; i++) {
        char id[] = {instances[i], '\0'};
        samples[i] = answered((uint32_t)i + 1, attempt, id, MS, (1 + (uint64_t)end_ms[i]) * MS);
    }
    return round_of(samples, n);
}

/* The samples of MORE behind those of ROUND; more is freed. */
static void append(struct round *round, struct round *more)
{
    round->samples = reallocarray(round->samples, round->n_samples + more->n_samples, sizeof(struct sample));
    memcpy(round->samples + round->n_samples, more->samples, more->n_samples * sizeof(struct sample));
    round->n_samples += more->n_samples;
    more->n_samples = 0;
    round_free(more);
}

/* As Apache does: two at a time here. */
static const unsigned by_turns_ms[] = {76, 76, 152, 152, 228, 228};
static const char by_turns[] = "abbaab";
static const struct attempt over_http2[] = {{.hold_us = 75000, .http_version = HTTP_VERSION_2},
                                            {.hold_us = 150000, .http_version = HTTP_VERSION_2}};

static void requests_that_wait_for_their_turn_are_seen(void **state)
{
    (void)state;
    struct round *round = answered_in(1, by_turns, by_turns_ms);
    round->target = 6;
    judge_attempts(round, over_http2, 1);
    assert_true(round->attempts[0].in_turns);
    assert_true(doubts_http2(round));
    /* The other version is compared at the same hold; otherwise the turns say nothing of the hold. */
    assert_int_equal(verdict_next(3, round, true).hold_us, 75000);
    assert_int_equal(verdict_next(3, round, false).hold_us, 150000);
    round_free(round);
}

static void late_arrivals_are_no_turns(void **state)
{
    (void)state;
    /* A front forwards them over 400 ms. */
    static const unsigned ends_ms[] = {76, 120, 190, 260, 330, 400, 476};
    struct round *round = answered_in(1, "abcabca", ends_ms);
    round->target = 7;
    judge_attempts(round, over_http2, 1);
    assert_false(round->attempts[0].in_turns);
    assert_false(doubts_http2(round));
    assert_int_equal(round->attempts[0].spread_us, 400000);
    assert_true(verdict_next(2, round, false).is_wanted);
    assert_int_equal(verdict_next(2, round, false).hold_us, 500000);
    round_free(round);
}

static void a_cold_start_is_no_late_arrival(void **state)
{
    (void)state;
    static const unsigned ends_ms[] = {76, 80, 85, 900};
    struct round *round = answered_in(1, "aabc", ends_ms);
    round->target = 4;
    round->samples[3].cold = COLD_YES;
    judge_attempts(round, over_http2, 1);
    assert_int_equal(round->attempts[0].spread_us, 9000);
    assert_int_equal(verdict_next(2, round, false).hold_us, 150000);
    round_free(round);
}

static void attempts_end_where_a_longer_hold_finds_nothing_new(void **state)
{
    (void)state;
    static const struct attempt held[] = {{.hold_us = 75000}, {.hold_us = 150000}};
    static const unsigned ends_ms[] = {76, 80, 84, 88};
    const struct {
        const char *second;
        bool goes_on;
    } cases[] = {{"abab", false}, {"abac", true}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct round *round = answered_in(1, "abab", ends_ms);
        append(round, answered_in(2, cases[i].second, ends_ms));
        round->target = 4;
        judge_attempts(round, held, 2);
        assert_int_equal(round->attempts[1].gained, cases[i].goes_on);
        assert_int_equal(verdict_next(10, round, false).is_wanted, cases[i].goes_on);
        /* Over another version it may be worth one more. */
        assert_true(verdict_next(10, round, true).is_wanted);
        round_free(round);
    }
}

static void the_hold_covers_the_spread_but_for_a_few_late_ones(void **state)
{
    (void)state;
    assert_int_equal(verdict_longer_hold_us(75000, 40000), 150000);
    assert_int_equal(verdict_longer_hold_us(75000, 600000), 750000);
    assert_int_equal(verdict_longer_hold_us(75000, 9000000), 1250000);
    assert_int_equal(verdict_longer_hold_us(2000000, 9000000), 4000000);
}

/* One instance may serve several requests at once. */
static void a_shared_instance_proves_nothing_but_itself(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, 1, "a", 1, 2), answered(2, 1, "a", 1, 2)};
    samples[1].is_shared = true;
    struct round *round = judge(2, 1, samples, 2);
    assert_false(round->distinct_known);
    assert_int_equal(round->result, ROUND_MET);
    assert_false(verdict_next(3, round, false).is_wanted);
    round_free(round);
    struct sample enough[] = {answered(1, 1, "a", 1, 2), answered(2, 1, "b", 1, 2)};
    enough[0].is_shared = enough[1].is_shared = true;
    round = judge(2, 1, enough, 2);
    assert_true(round->distinct_known);
    assert_int_equal(round->distinct, 2);
    round_free(round);
}

/* A handler that streams begins early to answer, and is busy until it ends. */
static void a_streamed_answer_counts_until_its_last_byte(void **state)
{
    (void)state;
    struct sample samples[] = {answered(1, 1, "a", 1 * MS, 100 * MS), answered(2, 1, "b", 50 * MS, 150 * MS)};
    samples[0].first_byte_ns = 2 * MS;
    samples[1].first_byte_ns = 51 * MS;
    struct round *round = judge(2, 1, samples, 2);
    assert_int_equal(round->peak, 2);
    assert_int_equal(round->max_us, 100000);
    round_free(round);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_distinct_is_met),
        cmocka_unit_test(a_reused_instance_is_short),
        cmocka_unit_test(unnamed_instances_are_unproven),
        cmocka_unit_test(a_shared_instance_proves_nothing_but_itself),
        cmocka_unit_test(a_streamed_answer_counts_until_its_last_byte),
        cmocka_unit_test(distinct_is_the_union_and_skew_the_best_attempts),
        cmocka_unit_test(causes_are_counted_most_frequent_first),
        cmocka_unit_test(throttling_asks_for_no_more),
        cmocka_unit_test(attempts_end),
        cmocka_unit_test(the_hold_doubles_up_to_a_minute),
        cmocka_unit_test(requests_that_wait_for_their_turn_are_seen),
        cmocka_unit_test(late_arrivals_are_no_turns),
        cmocka_unit_test(a_cold_start_is_no_late_arrival),
        cmocka_unit_test(attempts_end_where_a_longer_hold_finds_nothing_new),
        cmocka_unit_test(the_hold_covers_the_spread_but_for_a_few_late_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
