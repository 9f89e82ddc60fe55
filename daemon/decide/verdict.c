#include "decide/verdict.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/require.h"

#include <errno.h>
#include <string.h>

/* A longer hold is worth pursuing if it finds at least one in this many of the missing instances. */
enum { FOUND_LEAST_PART = 4 };

/* In holds: requests that wait for their turn are answered one hold after those before them. */
static const double TURN_LEAST = 0.9, TURN_MOST = 1.5, PAUSE_LEAST = 0.5;

/* An expected answer that names its instance. */
struct met {
    const char *instance;
    uint64_t end_ns;
    bool is_cold;
};

static int compare_instances(const void *a, const void *b)
{
    return strcmp(((const struct met *)a)->instance, ((const struct met *)b)->instance);
}

static int compare_ends(const void *a, const void *b)
{
    const struct met *x = a, *y = b;
    return (x->end_ns > y->end_ns) - (x->end_ns < y->end_ns);
}

/* Fills MET, which has room, with those of N SAMPLES that are expected answers and name their instance.
 * Returns how many. */
static size_t collect(const struct sample *samples, size_t n, struct met *met)
{
    size_t answered = 0;
    for (const struct sample *sample = samples; sample < samples + n; sample++)
        if (sample->outcome == OUTCOME_OK && sample->instance)
            met[answered++] = (struct met){sample->instance, sample->end_ns, sample->cold == COLD_YES};
    return answered;
}

/* Sorts by instance. Returns how many there are. */
static uint32_t count_instances(struct met *met, size_t n)
{
    uint32_t distinct = 0;
    if (n)
        qsort(met, n, sizeof *met, compare_instances);
    for (size_t i = 0; i < n; i++)
        distinct += i == 0 || strcmp(met[i - 1].instance, met[i].instance) != 0;
    return distinct;
}

/* First to last end, of those that did not begin with a cold start. */
static uint64_t measure_spread(const struct met *met, size_t n)
{
    uint64_t first_ns = UINT64_MAX, last_ns = 0;
    for (size_t i = 0; i < n; i++) {
        if (met[i].is_cold)
            continue;
        first_ns = met[i].end_ns < first_ns ? met[i].end_ns : first_ns;
        last_ns = met[i].end_ns > last_ns ? met[i].end_ns : last_ns;
    }
    return last_ns > first_ns ? (last_ns - first_ns) / NS_PER_US : 0;
}

/* Where the answers from FIRST on, sorted by their ends, next pause. */
static size_t group_end(const struct met *met, size_t n, size_t first, double pause_ns)
{
    size_t end = first + 1;
    while (end < n && (double)(met[end].end_ns - met[end - 1].end_ns) < pause_ns)
        end++;
    return end;
}

/* Instances of the first N1 answers that answer again among the N2 after them. Both are sorted by instance
 * then. */
static size_t count_again(struct met *met, size_t n1, size_t n2)
{
    size_t again = 0, i = 0, j = n1;
    qsort(met, n1, sizeof *met, compare_instances);
    qsort(met + n1, n2, sizeof *met, compare_instances);
    while (i < n1 && j < n1 + n2) {
        int order = strcmp(met[i].instance, met[j].instance);
        again += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return again;
}

/* A server that handles a few requests at a time answers in groups, a hold apart, and the first group's
 * instances answer again in the second. Reorders MET. */
static bool came_in_turns(struct met *met, size_t n, uint64_t hold_us)
{
    double hold_ns = (double)hold_us * NS_PER_US;
    if (n < 2 || hold_us == 0)
        return false;
    qsort(met, n, sizeof *met, compare_ends);
    size_t n1 = group_end(met, n, 0, PAUSE_LEAST * hold_ns);
    if (n1 == n)
        return false;
    size_t n2 = group_end(met, n, n1, PAUSE_LEAST * hold_ns) - n1;
    double apart = (double)(met[n1].end_ns - met[0].end_ns) / hold_ns;
    return apart >= TURN_LEAST && apart <= TURN_MOST && 2 * count_again(met, n1, n2) >= (n1 < n2 ? n1 : n2);
}

/* A request is in flight from its release until its last byte. */
struct change {
    uint64_t at_ns;
    int by;
};

static int compare_changes(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    return x->at_ns != y->at_ns ? (x->at_ns > y->at_ns ? 1 : -1) : x->by - y->by;
}

/* Most requests in flight at one instant. Uses CHANGES, which has room for two a sample. */
static uint32_t count_peak(const struct sample *samples, size_t n, struct change *changes)
{
    size_t n_changes = 0;
    int in_flight = 0, peak = 0;
    for (size_t i = 0; i < n; i++) {
        if (!samples[i].release_ns)
            continue;
        changes[n_changes++] = (struct change){samples[i].release_ns, 1};
        changes[n_changes++] = (struct change){samples[i].end_ns, -1};
    }
    if (n_changes)
        qsort(changes, n_changes, sizeof *changes, compare_changes);
    for (size_t i = 0; i < n_changes; i++) {
        in_flight += changes[i].by;
        peak = in_flight > peak ? in_flight : peak;
    }
    return (uint32_t)peak;
}

/* First to last release. */
static uint64_t measure_skew(const struct sample *samples, size_t n)
{
    uint64_t first_ns = UINT64_MAX, last_ns = 0;
    for (size_t i = 0; i < n; i++) {
        if (!samples[i].release_ns)
            continue;
        /* A delay that makes up for a shorter path isn't skew: at the far end it is gone. */
        uint64_t at_ns = samples[i].release_ns - samples[i].delay_us * NS_PER_US;
        first_ns = at_ns < first_ns ? at_ns : first_ns;
        last_ns = at_ns > last_ns ? at_ns : last_ns;
    }
    return last_ns ? (last_ns - first_ns) / NS_PER_US : 0;
}

/* Whether ATTEMPT held longer than the one BEFORE it, over the same version of HTTP, and still met hardly any
 * of the MISSING instances: a longer hold doesn't help there. */
static bool was_futile(const struct attempt *attempt, const struct attempt *before, uint32_t missing)
{
    return attempt->http_version == before->http_version && attempt->hold_us > before->hold_us &&
           (uint64_t)FOUND_LEAST_PART * attempt->gained < missing;
}

/* What ATTEMPT's own N SAMPLES show. Uses MET and CHANGES, which have room. */
static void measure(struct attempt *attempt, const struct sample *samples, size_t n, struct met *met,
                    struct change *changes)
{
    size_t answered = collect(samples, n, met);
    attempt->answered = (uint32_t)answered;
    attempt->distinct = count_instances(met, answered);
    attempt->spread_us = measure_spread(met, answered);
    attempt->in_turns = came_in_turns(met, answered, attempt->hold_us);
    attempt->peak = count_peak(samples, n, changes);
    attempt->skew_us = measure_skew(samples, n);
    attempt->ok = 0;
    for (size_t i = 0; i < n; i++)
        attempt->ok += samples[i].outcome == OUTCOME_OK;
}

/* The best attempt is the one with most distinct instances, then most ok, then the least skew. */
static bool is_better(const struct attempt *attempt, const struct attempt *than)
{
    bool released = attempt->peak > 0;
    if (released != (than->peak > 0))
        return released;
    if (attempt->distinct != than->distinct)
        return attempt->distinct > than->distinct;
    if (attempt->ok != than->ok)
        return attempt->ok > than->ok;
    return attempt->skew_us < than->skew_us;
}

/* Fewer instances than requests aren't a shortage if one may serve several at once. */
static bool is_shared(const struct round *round)
{
    for (size_t i = 0; i < round->n_samples; i++)
        if (round->samples[i].outcome == OUTCOME_OK && round->samples[i].is_shared)
            return true;
    return false;
}

/* What the attempts show, one by one and in all. -ENOMEM. */
static int take_attempts(struct round *round)
{
    CLEANUP_FREE struct met *met = calloc(round->n_samples + 1, sizeof *met);
    CLEANUP_FREE struct change *changes = calloc(2 * round->n_samples + 1, sizeof *changes);
    const struct attempt *best = round->attempts, *last = best + round->n_attempts - 1;
    uint32_t named = 0, distinct = 0;
    size_t end = 0;
    if (!met || !changes)
        return -ENOMEM;
    for (struct attempt *attempt = round->attempts; attempt <= last; attempt++) {
        size_t begin = end;
        uint32_t number = (uint32_t)(attempt - round->attempts) + 1;
        while (end < round->n_samples && round->samples[end].attempt == number)
            end++;
        measure(attempt, &round->samples[begin], end - begin, met, changes);
        attempt->gained = count_instances(met, collect(round->samples, end, met)) - distinct;
        attempt->futile = number > 1 && was_futile(attempt, attempt - 1,
                                                   round->target > distinct ? round->target - distinct : 0);
        named += attempt->answered;
        distinct += attempt->gained;
        if (is_better(attempt, best))
            best = attempt;
    }
    round->distinct = distinct;
    round->distinct_known =
        round->ok > 0 && named == round->ok && (distinct >= round->target || !is_shared(round));
    round->peak = best->peak;
    round->skew_us = best->skew_us;
    round->connect_us = best->connect_us;
    round->hold_us = last->hold_us;
    round->http_version = last->http_version;
    return 0;
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
        round->stopped |= sample->cause == CAUSE_STOPPED;
        if (sample->outcome != OUTCOME_OK) {
            round->detail = round->detail ? round->detail : sample->detail;
            continue;
        }
        round->unnamed = round->unnamed ? round->unnamed : sample->unnamed;
        round->cold_known |= sample->cold != COLD_UNKNOWN;
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

/* Counts N more requests that failed with CAUSE. -ENOMEM. */
static int count_cause(struct round *round, enum cause cause, int http_status, uint32_t n)
{
    int status = cause == CAUSE_STATUS ? http_status : 0;
    size_t at = 0;
    while (at < round->n_causes && (round->causes[at].cause != cause || round->causes[at].status != status))
        at++;
    if (at == round->n_causes) {
        struct cause_count *longer = reallocarray(round->causes, at + 1, sizeof *longer);
        if (!longer)
            return -ENOMEM;
        round->causes = longer;
        round->causes[round->n_causes++] = (struct cause_count){.cause = cause, .status = status};
        cause_name(cause, status, round->causes[at].name);
    }
    round->causes[at].n += n;
    return 0;
}

static int count_causes(struct round *round)
{
    for (size_t i = 0; i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        if (sample->outcome != OUTCOME_OK && count_cause(round, sample->cause, sample->status, 1) < 0)
            return -ENOMEM;
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

int verdict_reach(struct round *round)
{
    REQUIRE(round->n_attempts >= 1 && round->n_attempts <= PLAN_ATTEMPTS_MAX);
    round->sent = round->ok = round->failed = round->throttled = round->cold = 0;
    round->n_causes = 0;
    round->detail = round->unnamed = NULL;
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
    round->warm = round->distinct_known ? round->distinct : round->ok;
    round->result = round->warm >= round->target ? ROUND_MET : round->ok ? ROUND_SHORT : ROUND_FAILED;
    return result;
}

void verdict_unsent(struct round *round, uint32_t count)
{
    round->sent = round->failed = count;
    count_cause(round, CAUSE_MEMORY, 0, count);
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
        !(last->in_turns || last->futile))
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
        .is_wanted = !last->futile,
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
