#include "volley/volley.h"

#include "base/clock.h"
#include "base/require.h"

#include <string.h>
#include <sys/eventfd.h>

struct volley *volley_new(struct plan *plan, const struct endpoint *endpoint,
                          const char round_id[ROUND_ID_TEXT], uint32_t attempt, uint32_t count,
                          uint64_t hold_us)
{
    REQUIRE(count >= 1 && attempt >= 1 && attempt <= PLAN_ATTEMPTS_MAX);
    struct volley *volley = calloc(1, sizeof *volley);
    if (!volley || !(volley->samples = calloc(count, sizeof *volley->samples))) {
        free(volley);
        return NULL;
    }
    volley->n_samples = count;
    for (uint32_t i = 0; i < count; i++)
        volley->samples[i] = (struct sample){.index = i + 1, .attempt = attempt};
    volley->plan = plan_ref(plan);
    volley->endpoint = endpoint;
    memcpy(volley->round_id, round_id, ROUND_ID_TEXT);
    volley->attempt.hold_us = hold_us;
    volley->cancel_fd =
        eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); /* execute_volley checks whether that worked */
    return volley;
}

void volley_free(struct volley *volley)
{
    if (!volley)
        return;
    samples_free(volley->samples, volley->n_samples);
    if (volley->cancel_fd >= 0)
        close(volley->cancel_fd);
    plan_unref(volley->plan);
    free(volley->attempt.note);
    free(volley->host);
    free(volley);
}

void volley_fail_rest(struct volley *volley, enum cause cause, const char *detail)
{
    uint64_t now_ns = clock_monotonic_ns();
    for (size_t i = 0; i < volley->n_samples; i++) {
        struct sample *sample = &volley->samples[i];
        if (sample->outcome != OUTCOME_FAILED || sample->cause != CAUSE_NONE)
            continue;
        sample_fail(sample, cause, NULL, now_ns);
        sample->detail = detail && *detail ? strndup(detail, SAMPLE_REASON_MAX) : NULL;
    }
}

void volley_count_armed(const struct volley *volley, unsigned more)
{
    if (volley->progress)
        atomic_fetch_add_explicit(&volley->progress->armed, more, memory_order_relaxed);
}

void volley_count_answered(const struct volley *volley)
{
    if (volley->progress)
        atomic_fetch_add_explicit(&volley->progress->answered, 1, memory_order_relaxed);
}

static void enter(const struct volley *volley, enum volley_stage stage)
{
    if (volley->progress)
        atomic_store_explicit(&volley->progress->stage, stage, memory_order_relaxed);
}

void volley_is_armed(const struct volley *volley, uint64_t start_us, const char *held_by)
{
    size_t n = 0;
    enter(volley, VOLLEY_HELD);
    for (size_t i = 0; trace_is_on && i < volley->n_samples; i++)
        n += volley->samples[i].ready_ns && volley->samples[i].cause == CAUSE_NONE;
    VOLLEY_TRACE(volley, "armed %zu of %zu after %.1f ms, held by %s", n, volley->n_samples,
                 (double)(clock_monotonic_us() - start_us) / US_PER_MS, held_by);
}

void volley_is_released(const struct volley *volley)
{
    uint64_t first_ns = UINT64_MAX, last_ns = 0;
    size_t n = 0;
    enter(volley, VOLLEY_RELEASED);
    for (size_t i = 0; trace_is_on && i < volley->n_samples; i++) {
        uint64_t at_ns = volley->samples[i].release_ns;
        n += at_ns != 0;
        first_ns = at_ns && at_ns < first_ns ? at_ns : first_ns;
        last_ns = at_ns > last_ns ? at_ns : last_ns;
    }
    VOLLEY_TRACE(volley, "released %zu, T0 %.3f ms ago, %.3f ms from first to last", n,
                 n ? (double)(clock_monotonic_ns() - first_ns) / 1e6 : 0,
                 n ? (double)(last_ns - first_ns) / 1e6 : 0);
}
