#include "decide/verdict.h"

#include "base/clock.h"
#include "base/require.h"
#include "decide/attempt.h"

#include <errno.h>
#include <string.h>

/* What one attempt alone has shown. */
struct attempt_figures {
    uint32_t distinct;
    uint32_t ok;
    uint32_t peak;
    uint64_t skew_us;
    bool released;
};

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Distinct instances among the expected answers of ATTEMPT, or of all attempts for 0. -ENOMEM. */
static int count_distinct(const struct round *round, uint32_t attempt, uint32_t *ret_distinct,
                          bool *ret_known)
{
    const char **ids = calloc(round->n_samples + 1, sizeof *ids);
    size_t n = 0, ok = 0;
    if (!ids)
        return -ENOMEM;
    for (size_t i = 0; i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        if (sample->outcome != OUTCOME_OK || (attempt && sample->attempt != attempt))
            continue;
        ok++;
        if (sample->instance)
            ids[n++] = sample->instance;
    }
    qsort(ids, n, sizeof *ids, compare_ids);
    uint32_t distinct = n > 0;
    for (size_t i = 1; i < n; i++)
        distinct += strcmp(ids[i - 1], ids[i]) != 0;
    free(ids);
    *ret_distinct = distinct;
    *ret_known = ok > 0 && n == ok;
    return 0;
}

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

/* Most requests in flight at one instant: each is, from its release until its last byte. -ENOMEM. */
static int count_peak(const struct round *round, uint32_t attempt, uint32_t *ret_peak)
{
    uint64_t *begins = calloc(2 * round->n_samples + 1, sizeof *begins);
    size_t n = 0;
    if (!begins)
        return -ENOMEM;
    uint64_t *ends = begins + round->n_samples;
    for (size_t i = 0; i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        if (sample->attempt != attempt || !sample->release_ns)
            continue;
        begins[n] = sample->release_ns;
        ends[n++] = sample->end_ns;
    }
    qsort(begins, n, sizeof *begins, compare_numbers);
    qsort(ends, n, sizeof *ends, compare_numbers);
    uint32_t peak = 0;
    for (size_t begun = 0, ended = 0; begun < n; begun++) {
        while (ends[ended] <= begins[begun])
            ended++;
        peak = begun + 1 - ended > peak ? (uint32_t)(begun + 1 - ended) : peak;
    }
    free(begins);
    *ret_peak = peak;
    return 0;
}

static void measure_skew(const struct round *round, uint32_t attempt, struct attempt_figures *figures)
{
    uint64_t first = UINT64_MAX, last = 0;
    for (size_t i = 0; i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        if (sample->attempt != attempt || !sample->release_ns)
            continue;
        /* A delay that makes up for a shorter path isn't skew: at the far end it is gone. */
        uint64_t at_ns = sample->release_ns - sample->delay_us * NS_PER_US;
        first = at_ns < first ? at_ns : first;
        last = at_ns > last ? at_ns : last;
    }
    figures->released = last != 0;
    figures->skew_us = last ? (last - first) / NS_PER_US : 0;
}

static int measure_attempt(const struct round *round, uint32_t attempt, struct attempt_figures *ret_figures)
{
    struct attempt_figures figures = {0};
    bool known;
    int result = count_distinct(round, attempt, &figures.distinct, &known);
    if (result == 0)
        result = count_peak(round, attempt, &figures.peak);
    if (result < 0)
        return result;
    for (size_t i = 0; i < round->n_samples; i++)
        figures.ok += round->samples[i].attempt == attempt && round->samples[i].outcome == OUTCOME_OK;
    measure_skew(round, attempt, &figures);
    *ret_figures = figures;
    return 0;
}

static bool is_better(const struct attempt_figures *a, const struct attempt_figures *b)
{
    if (a->released != b->released)
        return a->released;
    if (a->distinct != b->distinct)
        return a->distinct > b->distinct;
    if (a->ok != b->ok)
        return a->ok > b->ok;
    return a->skew_us < b->skew_us;
}

static int take_best_attempt(struct round *round, const struct volley_facts *facts)
{
    struct attempt_figures best = {0};
    for (uint32_t attempt = 1; attempt <= round->attempts; attempt++) {
        struct attempt_figures figures;
        int result = measure_attempt(round, attempt, &figures);
        if (result < 0)
            return result;
        if (attempt > 1 && !is_better(&figures, &best))
            continue;
        best = figures;
        round->peak = figures.peak;
        round->skew_us = figures.skew_us;
        round->connect_us = facts[attempt - 1].connect_us;
    }
    return 0;
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
        if (sample->attempt != round->attempts || !sample->version)
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

int verdict_reach(const struct volley_facts *facts, uint32_t n_attempts, struct round *round)
{
    REQUIRE(n_attempts >= 1 && n_attempts <= PLAN_ATTEMPTS_MAX);
    round->attempts = n_attempts;
    for (uint32_t i = 0; i < n_attempts; i++)
        round->tries[i] =
            (struct attempt){.hold_us = facts[i].hold_us, .http_version = facts[i].http_version};
    round->hold_us = facts[n_attempts - 1].hold_us;
    round->gate_failed = facts[n_attempts - 1].gate_failed;
    round->http_version = facts[n_attempts - 1].http_version;
    round->realtime_refused = facts[n_attempts - 1].realtime_refused;
    round->sent = round->ok = round->failed = round->throttled = round->cold = 0;
    round->n_causes = 0;
    free(round->version);
    round->version = NULL;
    count_outcomes(round);
    int result = count_distinct(round, 0, &round->distinct, &round->distinct_known);
    round->distinct_known &= round->distinct >= round->target || !is_shared(round);
    for (uint32_t i = 0; result == 0 && i < n_attempts; i++)
        result = attempt_measure(round, i + 1, &round->tries[i]);
    if (result == 0)
        result = take_best_attempt(round, facts);
    if (result == 0)
        result = measure_latency(round);
    if (result == 0)
        result = count_causes(round);
    if (result == 0)
        result = take_version(round);
    round->result = judge(round);
    return result;
}

static bool is_short(const struct round *so_far)
{
    return so_far->distinct_known && so_far->distinct < so_far->target && so_far->throttled == 0;
}

bool verdict_doubts_http2(const struct round *so_far)
{
    const struct attempt *last = &so_far->tries[so_far->attempts - 1];
    return is_short(so_far) && last->http_version == HTTP_VERSION_2 && last->distinct < last->answered &&
           (last->in_turns || attempt_was_futile(so_far, so_far->attempts));
}

struct next_attempt verdict_next(uint32_t attempts_most, const struct round *so_far, bool other_version)
{
    const struct attempt *last = &so_far->tries[so_far->attempts - 1];
    if (so_far->attempts >= attempts_most || !is_short(so_far))
        return (struct next_attempt){0};
    if (other_version)
        return (struct next_attempt){.is_wanted = true, .hold_us = last->hold_us};
    return (struct next_attempt){
        .is_wanted = !attempt_was_futile(so_far, so_far->attempts),
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
