/* When, for how long and how many: completed, and checked for what contradicts it. */
#include "config/draft.h"

#include "base/duration.h"
#include "config/preset.h"

enum {
    JITTER_PRESET_SHARE = 10, /* by default at most a tenth of the interval */
    JITTER_SHARE = 2,         /* at most half: rounds must not overtake each other */
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* A preset bound gives way to a given one. */
static void finish_bounds(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    char low[DURATION_TEXT_MAX], high[DURATION_TEXT_MAX];
    if (!draft->given[KEY_INTERVAL_MIN] || draft->wrong[KEY_INTERVAL_MIN])
        endpoint->interval_min_us = least(endpoint->interval_min_us, endpoint->interval_max_us);
    if (!draft->given[KEY_INTERVAL_MAX] || draft->wrong[KEY_INTERVAL_MAX])
        endpoint->interval_max_us = most(endpoint->interval_max_us, endpoint->interval_min_us);
    if (endpoint->interval_min_us > endpoint->interval_max_us)
        draft_mistake(draft, KEY_INTERVAL_MIN, KEY_INTERVAL_MAX,
                      "interval_min (%s) is above interval_max (%s)",
                      duration_format(endpoint->interval_min_us, low),
                      duration_format(endpoint->interval_max_us, high));
    endpoint->interval_us =
        least(most(endpoint->interval_us, endpoint->interval_min_us), endpoint->interval_max_us);
}

/* Based on the shortest possible interval. */
static void finish_jitter(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    uint64_t interval_us = endpoint->interval_min_us, limit_us = interval_us / JITTER_SHARE;
    enum endpoint_key bounding = endpoint->interval_auto ? KEY_INTERVAL_MIN : KEY_INTERVAL;
    if (!draft->given[KEY_JITTER]) {
        endpoint->jitter_us = least(interval_us / JITTER_PRESET_SHARE, endpoint->jitter_us);
    } else if (endpoint->jitter_us > limit_us && !draft->wrong[KEY_JITTER] && !draft->wrong[bounding]) {
        char text[DURATION_TEXT_MAX];
        draft_mistake(draft, KEY_JITTER, bounding, "jitter must be at most half the %s (%s)",
                      endpoint->interval_auto ? "shortest interval" : "interval",
                      duration_format(limit_us, text));
    }
}

static void check_hold(struct draft *draft)
{
    const struct endpoint *endpoint = &draft->endpoint;
    bool judged = asks_to_hold(endpoint->protocol) && !draft->wrong[KEY_HOLD] && !draft->wrong[KEY_TIMEOUT];
    char hold[DURATION_TEXT_MAX], timeout[DURATION_TEXT_MAX];
    if (judged && endpoint->hold_us >= endpoint->timeout_us)
        draft_warn(draft, KEY_HOLD, KEY_TIMEOUT,
                   "hold (%s) is not shorter than timeout (%s): a handler that stays busy for the hold "
                   "can't answer in time",
                   duration_format(endpoint->hold_us, hold), duration_format(endpoint->timeout_us, timeout));
}

void finish_times(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    if (endpoint->interval_auto) {
        finish_bounds(draft);
    } else {
        draft_drop(draft, NEED_AUTO_INTERVAL, !draft->wrong[KEY_INTERVAL], ": it needs interval = \"auto\"");
        endpoint->interval_min_us = endpoint->interval_max_us = endpoint->interval_us;
    }
    finish_jitter(draft);
    check_hold(draft);
}

static void check_rest(struct draft *draft)
{
    if (endpoint_most_warm(&draft->endpoint) > 0)
        return;
    if (draft->endpoint.n_windows == 0)
        draft_mistake(draft, KEY_WARM, KEY_WINDOWS,
                      "warm = 0 needs windows: the endpoint then rests outside them");
    else
        draft_mistake(draft, KEY_WARM, KEY_WINDOWS,
                      "warm is 0 here and in every window: nothing would be kept warm");
}

static void check_ceiling(struct draft *draft, const config_setting_t *setting, uint32_t warm)
{
    uint32_t ceiling = draft->reader->plan->daemon.max_in_flight;
    if (warm > ceiling && !draft->reader->ceiling_unknown)
        reader_mistake_once(draft->reader, setting, "warm is above the daemon's max_in_flight (%u)", ceiling);
}

void finish_windows(struct draft *draft)
{
    const struct endpoint *endpoint = &draft->endpoint;
    if (!draft->wrong[KEY_WARM])
        check_ceiling(draft, draft_blame(draft, KEY_WARM, KEY_WARM), endpoint->warm);
    if (draft->wrong[KEY_WARM] || draft->wrong[KEY_WINDOWS])
        return;
    check_rest(draft);
    for (size_t i = 0; i < endpoint->n_windows; i++) {
        const config_setting_t *group = config_setting_get_elem(draft->given[KEY_WINDOWS], (unsigned)i);
        check_ceiling(draft, config_setting_get_member(group, "warm"), endpoint->windows[i].warm);
    }
}
