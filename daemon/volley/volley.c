#include "volley/volley.h"

#include "base/clock.h"

#include <string.h>
#include <sys/eventfd.h>

struct volley *volley_new(struct plan *plan, const struct endpoint *endpoint,
                          const char round_id[ROUND_ID_TEXT], uint32_t attempt, uint32_t count,
                          uint64_t hold_us)
{
    struct volley *volley = calloc(1, sizeof *volley);
    struct sample *samples = calloc(count, sizeof *samples);
    if (!volley || !samples) {
        free(volley);
        free(samples);
        return NULL;
    }
    for (uint32_t i = 0; i < count; i++)
        samples[i] = (struct sample){.index = i + 1, .attempt = attempt};
    volley->plan = plan_ref(plan);
    volley->endpoint = endpoint;
    memcpy(volley->round_id, round_id, ROUND_ID_TEXT);
    volley->attempt.hold_us = hold_us;
    volley->samples = samples;
    volley->n_samples = count;
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

bool volley_is_cancelled(const struct volley *volley)
{
    return atomic_load_explicit(&volley->cancelled, memory_order_relaxed);
}

void volley_fail_rest(struct volley *volley, enum cause cause, const char *detail)
{
    uint64_t now_ns = clock_monotonic_ns();
    for (size_t i = 0; i < volley->n_samples; i++) {
        struct sample *sample = &volley->samples[i];
        if (sample->outcome != OUTCOME_FAILED || sample->cause != CAUSE_NONE)
            continue;
        sample->cause = cause;
        sample->end_ns = now_ns;
        sample->detail = detail && *detail ? strndup(detail, SAMPLE_REASON_MAX) : NULL;
    }
}
