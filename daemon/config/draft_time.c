/* When, and for how long: interval, jitter, timeout, connect_timeout, hold. */
#include "config/draft.h"

#include "base/clock.h"
#include "base/duration.h"

#include <string.h>

#define MINUTE_US (60 * US_PER_S)
#define HOUR_US (60 * MINUTE_US)
#define INTERVAL_MIN_US (100 * US_PER_MS)
#define INTERVAL_MAX_US (UINT64_C(31) * 24 * HOUR_US)
#define INTERVAL_DEFAULT_US (5 * MINUTE_US)
#define LEARNED_MIN_US MINUTE_US
#define LEARNED_MAX_US HOUR_US
#define TIMEOUT_MAX_US (15 * MINUTE_US) /* the longest that a function may run */
#define CONNECT_TIMEOUT_MAX_US (5 * MINUTE_US)
#define HOLD_MAX_US MINUTE_US /* longer would be paying for sleep */
#define JITTER_DEFAULT_US (10 * US_PER_S)
enum {
    JITTER_DEFAULT_SHARE = 10, /* by default at most a tenth of the interval */
    JITTER_SHARE = 2,          /* at most half: rounds must not overtake each other */
};

static bool read_interval(struct draft *draft, const config_setting_t *setting)
{
    struct endpoint *endpoint = &draft->endpoint;
    endpoint->interval_auto = setting_is_string(setting, "auto");
    return endpoint->interval_auto ||
           read_duration(draft->reader, setting, INTERVAL_MIN_US, INTERVAL_MAX_US, &endpoint->interval_us);
}

static bool read_hold(struct draft *draft, const config_setting_t *setting)
{
    struct endpoint *endpoint = &draft->endpoint;
    endpoint->hold_auto = setting_is_string(setting, "auto");
    return endpoint->hold_auto || read_duration(draft->reader, setting, 0, HOLD_MAX_US, &endpoint->hold_us);
}

bool draft_read_time(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    struct reader *reader = draft->reader;
    struct endpoint *endpoint = &draft->endpoint;
    switch (key) {
    case KEY_INTERVAL:
        return read_interval(draft, setting);
    case KEY_INTERVAL_MIN:
        return read_duration(reader, setting, INTERVAL_MIN_US, INTERVAL_MAX_US, &endpoint->interval_min_us);
    case KEY_INTERVAL_MAX:
        return read_duration(reader, setting, INTERVAL_MIN_US, INTERVAL_MAX_US, &endpoint->interval_max_us);
    case KEY_JITTER:
        return read_duration(reader, setting, 0, INTERVAL_MAX_US / 2, &endpoint->jitter_us);
    case KEY_TIMEOUT:
        return read_duration(reader, setting, US_PER_MS, TIMEOUT_MAX_US, &endpoint->timeout_us);
    case KEY_CONNECT_TIMEOUT:
        return read_duration(reader, setting, US_PER_MS, CONNECT_TIMEOUT_MAX_US,
                             &endpoint->connect_timeout_us);
    default:
        return read_hold(draft, setting);
    }
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Bounds from the defaults apply only to endpoints that learn. */
static void refuse_bounds(struct draft *draft)
{
    static const enum endpoint_key bounds[] = {KEY_INTERVAL_MIN, KEY_INTERVAL_MAX};
    for (size_t i = 0; i < COUNT_OF(bounds); i++)
        if (draft_is_own(draft, bounds[i]) && !draft->wrong[KEY_INTERVAL])
            reader_mistake(draft->reader, draft->given[bounds[i]],
                           "%s has no effect: it needs interval = \"auto\"", endpoint_key_names[bounds[i]]);
    draft->endpoint.interval_min_us = draft->endpoint.interval_max_us = draft->endpoint.interval_us;
}

/* A preset bound gives way to a given one. */
static void finish_bounds(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    char low[DURATION_TEXT_MAX], high[DURATION_TEXT_MAX];
    bool has_min = endpoint->interval_min_us > 0, has_max = endpoint->interval_max_us > 0;
    if (!has_min)
        endpoint->interval_min_us =
            has_max ? least(LEARNED_MIN_US, endpoint->interval_max_us) : LEARNED_MIN_US;
    if (!has_max)
        endpoint->interval_max_us = most(LEARNED_MAX_US, endpoint->interval_min_us);
    if (endpoint->interval_min_us > endpoint->interval_max_us)
        reader_mistake_once(draft->reader, draft_blame(draft, KEY_INTERVAL_MIN, KEY_INTERVAL_MAX),
                            "interval_min (%s) is above interval_max (%s)",
                            duration_format(endpoint->interval_min_us, low),
                            duration_format(endpoint->interval_max_us, high));
    endpoint->interval_us =
        least(most(INTERVAL_DEFAULT_US, endpoint->interval_min_us), endpoint->interval_max_us);
}

/* Based on the shortest possible interval. */
static void finish_jitter(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    uint64_t interval_us = endpoint->interval_min_us, limit_us = interval_us / JITTER_SHARE;
    enum endpoint_key bounding = endpoint->interval_auto ? KEY_INTERVAL_MIN : KEY_INTERVAL;
    if (!draft->given[KEY_JITTER]) {
        endpoint->jitter_us = least(interval_us / JITTER_DEFAULT_SHARE, JITTER_DEFAULT_US);
    } else if (endpoint->jitter_us > limit_us && !draft->wrong[KEY_JITTER] && !draft->wrong[bounding]) {
        char text[DURATION_TEXT_MAX];
        reader_mistake_once(draft->reader, draft_blame(draft, KEY_JITTER, bounding),
                            "jitter must be at most half the %s (%s)",
                            endpoint->interval_auto ? "shortest interval" : "interval",
                            duration_format(limit_us, text));
    }
}

/* Whether a handler of the protocol takes how long to hold. */
static bool asks_to_hold(enum warm_protocol protocol)
{
    return protocol == PROTOCOL_HEADER || protocol == PROTOCOL_OPENNEXT || protocol == PROTOCOL_AUTO;
}

static void check_hold(struct draft *draft)
{
    const struct endpoint *endpoint = &draft->endpoint;
    bool judged = asks_to_hold(endpoint->protocol) && !draft->wrong[KEY_HOLD] && !draft->wrong[KEY_TIMEOUT];
    char hold[DURATION_TEXT_MAX], timeout[DURATION_TEXT_MAX];
    if (judged && endpoint->hold_us >= endpoint->timeout_us)
        reader_warn_once(draft->reader, draft_blame(draft, KEY_HOLD, KEY_TIMEOUT),
                         "hold (%s) is not shorter than timeout (%s): a handler that stays busy for the hold "
                         "can't answer in time",
                         duration_format(endpoint->hold_us, hold),
                         duration_format(endpoint->timeout_us, timeout));
}

void draft_finish_times(struct draft *draft)
{
    if (draft->endpoint.interval_auto)
        finish_bounds(draft);
    else
        refuse_bounds(draft);
    finish_jitter(draft);
    check_hold(draft);
}
