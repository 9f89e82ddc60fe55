#include "decide/schedule.h"

#include "base/clock.h"

static const double MONTH_US = 30.0 * 24 * 60 * 60 * 1e6;

struct schedule schedule_first(uint64_t now_us, uint64_t stagger_us, size_t position, size_t n)
{
    uint64_t at_us = now_us + (n ? (uint64_t)((double)stagger_us * (double)position / (double)n) : 0);
    return (struct schedule){.grid_us = at_us, .due_us = at_us};
}

struct schedule schedule_resume(const struct endpoint *endpoint, struct schedule first, uint64_t last_real_us,
                                uint64_t now_real_us, uint64_t now_us)
{
    if (last_real_us == 0 || last_real_us > now_real_us ||
        now_real_us - last_real_us >= endpoint->interval_us)
        return first;
    uint64_t due_us = now_us + endpoint->interval_us - (now_real_us - last_real_us);
    return due_us > first.due_us ? (struct schedule){.grid_us = due_us, .due_us = due_us} : first;
}

/* Uniform in [−jitter, +jitter]. */
static uint64_t shifted(uint64_t at_us, uint64_t jitter_us, uint64_t random)
{
    return jitter_us ? at_us - jitter_us + random % (2 * jitter_us + 1) : at_us;
}

struct schedule schedule_next(const struct endpoint *endpoint, const struct schedule *before, uint64_t now_us,
                              uint64_t random)
{
    uint64_t interval_us = endpoint->interval_us;
    uint64_t grid_us = before->grid_us + interval_us;
    /* Whole intervals that have passed, at a sleeping machine's wake-up perhaps thousands. */
    if (grid_us + endpoint->jitter_us < now_us)
        grid_us += (now_us - grid_us - endpoint->jitter_us) / interval_us * interval_us;
    struct schedule next = {.grid_us = grid_us, .due_us = shifted(grid_us, endpoint->jitter_us, random)};
    while (next.due_us <= now_us) {
        next.grid_us += interval_us;
        next.due_us = shifted(next.grid_us, endpoint->jitter_us, random);
    }
    return next;
}

struct schedule schedule_keep(const struct endpoint *endpoint, const struct schedule *before, uint64_t now_us)
{
    uint64_t latest_us = now_us + endpoint->interval_us + endpoint->jitter_us;
    if (before->due_us <= latest_us)
        return *before;
    return (struct schedule){.grid_us = now_us + endpoint->interval_us,
                             .due_us = now_us + endpoint->interval_us};
}

double schedule_requests_per_month(const struct endpoint *endpoint)
{
    return endpoint->enabled ? MONTH_US / (double)endpoint->interval_us * endpoint->warm : 0;
}
