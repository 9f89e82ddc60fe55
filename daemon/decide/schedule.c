#include "decide/schedule.h"

#include "base/clock.h"
#include "base/require.h"
#include "decide/windows.h"

#define WEEK_US (7 * US_PER_DAY)

struct schedule schedule_first(uint64_t now_us, uint64_t stagger_us, size_t position, size_t n)
{
    uint64_t at_us = now_us + (n ? (uint64_t)((double)stagger_us * (double)position / (double)n) : 0);
    return (struct schedule){.grid_us = at_us, .due_us = at_us};
}

struct schedule schedule_resume(uint64_t interval_us, struct schedule first, uint64_t last_real_us,
                                uint64_t now_real_us, uint64_t now_us)
{
    if (last_real_us == 0 || last_real_us > now_real_us || now_real_us - last_real_us >= interval_us)
        return first;
    uint64_t due_us = now_us + interval_us - (now_real_us - last_real_us);
    return due_us > first.due_us ? (struct schedule){.grid_us = due_us, .due_us = due_us} : first;
}

/* Uniform in [−jitter, +jitter]. */
static uint64_t shifted(uint64_t at_us, uint64_t jitter_us, uint64_t random)
{
    return jitter_us ? at_us - jitter_us + random % (2 * jitter_us + 1) : at_us;
}

struct schedule schedule_next(uint64_t interval_us, uint64_t jitter_us, const struct schedule *before,
                              uint64_t now_us, uint64_t random)
{
    REQUIRE(interval_us > 0);
    uint64_t grid_us = before->grid_us + interval_us;
    /* Whole intervals that have passed; when a sleeping machine wakes up, perhaps thousands. */
    if (grid_us + jitter_us < now_us)
        grid_us += (now_us - grid_us - jitter_us) / interval_us * interval_us;
    struct schedule next = {.grid_us = grid_us, .due_us = shifted(grid_us, jitter_us, random)};
    while (next.due_us <= now_us) {
        next.grid_us += interval_us;
        next.due_us = shifted(next.grid_us, jitter_us, random);
    }
    return next;
}

struct schedule schedule_keep(uint64_t interval_us, uint64_t jitter_us, const struct schedule *before,
                              uint64_t now_us)
{
    uint64_t latest_us = now_us + interval_us + jitter_us;
    if (before->due_us <= latest_us)
        return *before;
    return (struct schedule){.grid_us = now_us + interval_us, .due_us = now_us + interval_us};
}

static struct schedule at(uint64_t due_us)
{
    return (struct schedule){.grid_us = due_us, .due_us = due_us};
}

struct schedule schedule_in_windows(const struct endpoint *endpoint, struct schedule next, uint64_t now_us,
                                    uint64_t now_real_us)
{
    uint64_t due_real_us = now_real_us + (next.due_us > now_us ? next.due_us - now_us : 0);
    struct window_state state = windows_at(endpoint, now_real_us);
    while (state.changes_real_us <= due_real_us || state.warm == 0) {
        uint64_t change_us = state.changes_real_us;
        if (change_us == UINT64_MAX)
            return at(UINT64_MAX);
        struct window_state then = windows_at(endpoint, change_us);
        if (then.warm > state.warm)
            return at(now_us + (change_us - now_real_us));
        state = then;
    }
    return next;
}

uint64_t schedule_rest(const struct endpoint *endpoint, uint64_t due_us, uint64_t now_us,
                       uint64_t now_real_us)
{
    struct window_state state = windows_at(endpoint, now_real_us);
    while (state.warm > 0 && state.changes_real_us != UINT64_MAX) {
        uint64_t change_us = now_us + (state.changes_real_us - now_real_us);
        if (change_us >= due_us || change_us > now_us + WEEK_US) /* weeks are alike */
            break;
        state = windows_at(endpoint, state.changes_real_us);
        if (state.warm == 0)
            return change_us;
    }
    return UINT64_MAX;
}

/* The next moment at which more are wanted, from which weeks are alike; NOW_REAL_US if that never comes. */
static uint64_t next_opening(const struct endpoint *endpoint, uint64_t now_real_us)
{
    struct window_state state = windows_at(endpoint, now_real_us);
    while (state.changes_real_us != UINT64_MAX) {
        struct window_state then = windows_at(endpoint, state.changes_real_us);
        if (then.warm > state.warm)
            return state.changes_real_us;
        state = then;
    }
    return now_real_us;
}

/* Adds the rounds of a time in which WARM instances are wanted, and moves *ROUND_US, the next one, past
 * them. */
static void add_rounds(struct schedule_month *sum, uint32_t warm, uint64_t interval_us, uint64_t until_us,
                       uint64_t *round_us)
{
    if (warm == 0 || *round_us >= until_us)
        return;
    uint64_t rounds = 1 + (until_us - 1 - *round_us) / interval_us;
    *round_us += rounds * interval_us;
    sum->rounds += (double)rounds;
    sum->requests += (double)rounds * warm;
}

/* A week from AT_US on, when a window opens. */
static struct schedule_month week_of_windows(const struct endpoint *endpoint, uint64_t interval_us,
                                             uint64_t at_us)
{
    struct schedule_month week = {0};
    uint64_t end_us = at_us + WEEK_US, round_us = at_us;
    uint32_t before = windows_at(endpoint, at_us - US_PER_S).warm;
    while (at_us < end_us) {
        struct window_state state = windows_at(endpoint, at_us);
        uint64_t until_us = state.changes_real_us < end_us ? state.changes_real_us : end_us;
        if (state.warm > before) {
            week.openings += state.warm - before;
            round_us = at_us;
        }
        add_rounds(&week, state.warm, interval_us, until_us, &round_us);
        week.instance_s += state.warm * ((double)(until_us - at_us) / (double)US_PER_S);
        before = state.warm;
        at_us = until_us;
    }
    return week;
}

struct schedule_month schedule_month(const struct endpoint *endpoint, uint64_t interval_us,
                                     uint64_t now_real_us)
{
    if (!endpoint->enabled)
        return (struct schedule_month){0};
    struct window_state state = windows_at(endpoint, now_real_us);
    if (state.changes_real_us == UINT64_MAX) {
        double rounds = state.warm ? SCHEDULE_MONTH_S * (double)US_PER_S / (double)interval_us : 0;
        return (struct schedule_month){
            .rounds = rounds, .requests = rounds * state.warm, .instance_s = SCHEDULE_MONTH_S * state.warm};
    }
    struct schedule_month week = week_of_windows(endpoint, interval_us, next_opening(endpoint, now_real_us));
    double weeks = SCHEDULE_MONTH_S * (double)US_PER_S / (double)WEEK_US;
    return (struct schedule_month){week.rounds * weeks, week.requests * weeks, week.instance_s * weeks,
                                   week.openings * weeks};
}
