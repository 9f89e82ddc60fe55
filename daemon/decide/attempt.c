#include "decide/attempt.h"

#include "base/clock.h"

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

/* Fills MET, which has room, with the answers of the attempts FROM to UNTIL. Returns how many. */
static size_t collect(const struct round *round, uint32_t from, uint32_t until, struct met *met)
{
    size_t n = 0;
    for (size_t i = 0; i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        if (sample->outcome == OUTCOME_OK && sample->instance && sample->attempt >= from &&
            sample->attempt <= until)
            met[n++] = (struct met){
                .instance = sample->instance, .end_ns = sample->end_ns, .is_cold = sample->cold == COLD_YES};
    }
    return n;
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
static uint32_t count_peak(const struct round *round, uint32_t number, struct change *changes)
{
    size_t n = 0;
    int in_flight = 0, peak = 0;
    for (size_t i = 0; i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        if (sample->attempt != number || !sample->release_ns)
            continue;
        changes[n++] = (struct change){sample->release_ns, 1};
        changes[n++] = (struct change){sample->end_ns, -1};
    }
    if (n)
        qsort(changes, n, sizeof *changes, compare_changes);
    for (size_t i = 0; i < n; i++) {
        in_flight += changes[i].by;
        peak = in_flight > peak ? in_flight : peak;
    }
    return (uint32_t)peak;
}

static uint64_t measure_skew(const struct round *round, uint32_t number)
{
    uint64_t first = UINT64_MAX, last = 0;
    for (size_t i = 0; i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        if (sample->attempt != number || !sample->release_ns)
            continue;
        /* A delay that makes up for a shorter path isn't skew: at the far end it is gone. */
        uint64_t at_ns = sample->release_ns - sample->delay_us * NS_PER_US;
        first = at_ns < first ? at_ns : first;
        last = at_ns > last ? at_ns : last;
    }
    return last ? (last - first) / NS_PER_US : 0;
}

/* Instances that the attempts before NUMBER met. */
static uint32_t found_before(const struct round *round, uint32_t number)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i + 1 < number; i++)
        found += round->attempts[i].gained;
    return found;
}

int attempt_measure(struct round *round, uint32_t number)
{
    struct attempt *attempt = &round->attempts[number - 1];
    CLEANUP_FREE struct met *met = calloc(round->n_samples + 1, sizeof *met);
    CLEANUP_FREE struct change *changes = calloc(2 * round->n_samples + 1, sizeof *changes);
    if (!met || !changes)
        return -ENOMEM;
    attempt->gained = count_instances(met, collect(round, 1, number, met)) - found_before(round, number);
    size_t n = collect(round, number, number, met);
    attempt->answered = (uint32_t)n;
    attempt->distinct = count_instances(met, n);
    attempt->spread_us = measure_spread(met, n);
    attempt->in_turns = came_in_turns(met, n, attempt->hold_us);
    attempt->peak = count_peak(round, number, changes);
    attempt->skew_us = measure_skew(round, number);
    attempt->ok = 0;
    for (size_t i = 0; i < round->n_samples; i++)
        attempt->ok += round->samples[i].attempt == number && round->samples[i].outcome == OUTCOME_OK;
    return 0;
}

bool attempt_is_better(const struct attempt *attempt, const struct attempt *than)
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

bool attempt_was_futile(const struct round *round, uint32_t number)
{
    if (number < 2 || number > round->n_attempts)
        return false;
    const struct attempt *last = &round->attempts[number - 1], *before = last - 1;
    uint32_t found = found_before(round, number);
    uint32_t missing = round->target > found ? round->target - found : 0;
    return last->http_version == before->http_version && last->hold_us > before->hold_us &&
           (uint64_t)FOUND_LEAST_PART * last->gained < missing;
}
