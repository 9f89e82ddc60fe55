#include "decide/verdict.h"

#include "base/clock.h"
#include "base/require.h"
#include "decide/attempt.h"

#include <errno.h>
#include <string.h>

/* Fewer instances than requests aren't a shortage if one may serve several at once. */
static bool is_shared(const struct round *round)
{
    for (size_t i = 0; i < round->n_samples; i++)
        if (round->samples[i].outcome == OUTCOME_OK && round->samples[i].is_shared)
            return true;
    return false;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void count_outcomes(struct round *round)
{
    for (size_t i = 0; i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        round->ok += sample->outcome == OUTCOME_OK;
        round->failed += sample->outcome == OUTCOME_FAILED;
        round->throttled += sample->outcome == OUTCOME_THROTTLED;
        if (sample->outcome != OUTCOME_OK || sample->cold == COLD_UNKNOWN)
            continue;
        round->cold_known = true;
        round->cold += sample->cold == COLD_YES;
    }
    round->sent = (uint32_t)round->n_samples;
    REQUIRE(round->sent == round->ok + round->failed + round->throttled);
}

/* The value that SHARE percent of the sorted VALUES do not exceed (nearest rank). */
static uint64_t percentile(const uint64_t *values, size_t n, unsigned share)
{
    size_t rank = (n * share + 99) / 100;
    return n ? values[rank ? rank - 1 : 0] : 0;
}

static int measure_latency(struct round *round)
{
    uint64_t *latencies_us = calloc(round->n_samples + 1, sizeof *latencies_us);
    size_t n = 0;
    if (!latencies_us)
        return -ENOMEM;
    for (size_t i = 0; i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        if (sample->outcome == OUTCOME_OK && sample->release_ns)
            latencies_us[n++] = sample_latency_us(sample);
    }
    qsort(latencies_us, n, sizeof *latencies_us, compare_numbers);
    round->p50_us = percentile(latencies_us, n, 50);
    round->p99_us = percentile(latencies_us, n, 99);
    round->max_us = percentile(latencies_us, n, 100);
    free(latencies_us);
    return 0;
}

static int compare_causes(const void *a, const void *b)
{
    const struct cause_count *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return x->cause != y->cause ? (int)x->cause - (int)y->cause : x->status - y->status;
}

static int count_causes(struct round *round)
{
    for (size_t i = 0; i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        int status = sample->cause == CAUSE_STATUS ? sample->status : 0;
        size_t at = 0;
        if (sample->outcome == OUTCOME_OK)
            continue;
        while (at < round->n_causes &&
               (round->causes[at].cause != sample->cause || round->causes[at].status != status))
            at++;
        if (at == round->n_causes) {
            struct cause_count *longer = reallocarray(round->causes, at + 1, sizeof *longer);
            if (!longer)
                return -ENOMEM;
            round->causes = longer;
            round->causes[round->n_causes++] = (struct cause_count){.cause = sample->cause, .status = status};
        }
        round->causes[at].n++;
    }
    if (round->n_causes)
        qsort(round->causes, round->n_causes, sizeof *round->causes, compare_causes);
    return 0;
}

/* The version that answered the last attempt, where all its answers agree. -ENOMEM. */
static int take_version(struct round *round)
{
    const char *version = NULL;
    for (size_t i = 0; i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        if (sample->attempt != round->n_attempts || !sample->version)
            continue;
        if (version && strcmp(version, sample->version) != 0)
            return 0;
        version = sample->version;
    }
    round->version = version ? strdup(version) : NULL;
    return version && !round->version ? -ENOMEM : 0;
}

static enum round_result judge(const struct round *round)
{
    if (round_warm(round) >= round->target)
        return ROUND_MET;
    return round->ok ? ROUND_SHORT : ROUND_FAILED;
}

/* What the attempts show, one by one and in all. -ENOMEM. */
static int take_attempts(struct round *round)
{
    uint32_t named = 0, distinct = 0;
    round->best = 0;
    for (uint32_t i = 0; i < round->n_attempts; i++) {
        const struct attempt *attempt = &round->attempts[i];
        int result = attempt_measure(round, i + 1);
        if (result < 0)
            return result;
        named += attempt->answered;
        distinct += attempt->gained;
        if (attempt_is_better(attempt, round_best(round)))
            round->best = i;
    }
    round->distinct = distinct;
    round->distinct_known =
        round->ok > 0 && named == round->ok && (distinct >= round->target || !is_shared(round));
    return 0;
}

int verdict_reach(struct round *round)
{
    REQUIRE(round->n_attempts >= 1 && round->n_attempts <= PLAN_ATTEMPTS_MAX);
    round->sent = round->ok = round->failed = round->throttled = round->cold = 0;
    round->n_causes = 0;
    free(round->version);
    round->version = NULL;
    count_outcomes(round);
    int result = take_attempts(round);
    if (result == 0)
        result = measure_latency(round);
    if (result == 0)
        result = count_causes(round);
    if (result == 0)
        result = take_version(round);
    round->result = judge(round);
    return result;
}

void verdict_unsent(struct round *round, uint32_t count)
{
    round->sent = round->failed = count;
    round->causes = calloc(1, sizeof *round->causes);
    round->n_causes = round->causes != NULL;
    if (round->causes)
        *round->causes = (struct cause_count){.cause = CAUSE_MEMORY, .n = count};
}

static bool is_short(const struct round *so_far)
{
    return so_far->distinct_known && so_far->distinct < so_far->target && so_far->throttled == 0;
}

enum http2_verdict verdict_on_http2(const struct round *so_far, enum http_version configured)
{
    const struct attempt *last = round_last(so_far);
    bool any_version = configured == HTTP_VERSION_AUTO;
    if (last->http_version == HTTP_VERSION_1_1 && any_version)
        return HTTP2_TRIED_WITHOUT;
    if (!is_short(so_far) || last->http_version != HTTP_VERSION_2 || last->distinct >= last->answered ||
        !(last->in_turns || attempt_was_futile(so_far, so_far->n_attempts)))
        return HTTP2_UNQUESTIONED;
    if (any_version)
        return HTTP2_DOUBTED;
    return last->in_turns ? HTTP2_BLAMED : HTTP2_UNQUESTIONED;
}

struct next_attempt verdict_next(uint32_t attempts_most, const struct round *so_far, bool other_version)
{
    const struct attempt *last = round_last(so_far);
    if (so_far->n_attempts >= attempts_most || !is_short(so_far))
        return (struct next_attempt){0};
    if (other_version)
        return (struct next_attempt){.is_wanted = true, .hold_us = last->hold_us};
    return (struct next_attempt){
        .is_wanted = !attempt_was_futile(so_far, so_far->n_attempts),
        .hold_us = verdict_longer_hold_us(last->hold_us, last->in_turns ? 0 : last->spread_us)};
}

uint64_t verdict_longer_hold_us(uint64_t hold_us, uint64_t spread_us)
{
    uint64_t longer_us = hold_us ? 2 * hold_us : US_PER_MS;
    uint64_t counted_us = spread_us < VERDICT_SPREAD_MOST_US ? spread_us : VERDICT_SPREAD_MOST_US;
    uint64_t covering_us = (counted_us + counted_us / 4 + US_PER_MS - 1) / US_PER_MS * US_PER_MS;
    longer_us = longer_us > covering_us ? longer_us : covering_us;
    return longer_us < VERDICT_HOLD_MOST_US ? longer_us : VERDICT_HOLD_MOST_US;
}
