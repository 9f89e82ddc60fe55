#include "decide/windows.h"

#include "base/clock.h"
#include "base/timezone.h"

/* Seconds since 1970 are signed here: UTC, or of the local clock as if it were UTC. */
enum {
    DAY_S = 86400,
    MONDAY = 4,         /* 1970-01-05, in days since 1970 */
    ZONE_S = 16 * 3600, /* no zone is further from UTC; within twice this a zone changes once at most */
    HORIZON_DAYS = 9,   /* what hasn't changed after a week and a day never does */
};

struct span {
    int64_t open_s;
    int64_t close_s;
};

static int64_t day_of(int64_t local_s)
{
    return local_s >= 0 ? local_s / DAY_S : (local_s - DAY_S + 1) / DAY_S;
}

/* The UTC instant of a local time: for one that is skipped, the transition; for one that comes twice, the
 * first or the LAST. */
static int64_t instant(int64_t local_s, bool last)
{
    int64_t before_s = timezone_offset_s(local_s - ZONE_S), after_s = timezone_offset_s(local_s + ZONE_S);
    if (before_s == after_s)
        return local_s - before_s;
    int64_t change_s = timezone_change_s(local_s - ZONE_S, local_s + ZONE_S);
    int64_t by_old_s = local_s - before_s, by_new_s = local_s - after_s;
    if (last)
        return by_new_s > change_s ? by_new_s : by_old_s < change_s ? by_old_s : change_s;
    return by_old_s < change_s ? by_old_s : by_new_s > change_s ? by_new_s : change_s;
}

static bool opens_on(const struct window *window, int64_t day)
{
    int64_t weekday = (day - MONDAY) % 7;
    return window->days >> (weekday < 0 ? weekday + 7 : weekday) & 1;
}

static struct span span_on(const struct window *window, int64_t day)
{
    int64_t to_s = window->to_s > window->from_s ? window->to_s : (int64_t)window->to_s + DAY_S;
    return (struct span){instant(day * DAY_S + window->from_s, false) - (int64_t)(window->lead_us / US_PER_S),
                         instant(day * DAY_S + to_s, true)};
}

/* A window that opened the day before yesterday can still be open, and a lead reaches into the days
 * before. */
static int64_t first_day(int64_t utc_s)
{
    return day_of(utc_s + timezone_offset_s(utc_s)) - 2;
}

static int64_t days_ahead(const struct window *window)
{
    return (int64_t)(window->lead_us / US_PER_S / DAY_S) + 2;
}

static bool is_open(const struct window *window, int64_t utc_s)
{
    int64_t first = first_day(utc_s);
    for (int64_t day = first; day <= first + 2 + days_ahead(window); day++) {
        if (!opens_on(window, day))
            continue;
        struct span span = span_on(window, day);
        if (span.open_s <= utc_s && utc_s < span.close_s)
            return true;
    }
    return false;
}

static uint32_t warm_at(const struct endpoint *endpoint, int64_t utc_s)
{
    bool any = false;
    uint32_t warm = 0;
    for (size_t i = 0; i < endpoint->n_windows; i++) {
        const struct window *window = &endpoint->windows[i];
        if ((any && window->warm <= warm) || !is_open(window, utc_s))
            continue;
        any = true;
        warm = window->warm;
    }
    return any ? warm : endpoint->warm;
}

/* The first opening or closing of WINDOW after UTC_S; INT64_MAX: none within the horizon. */
static int64_t next_boundary(const struct window *window, int64_t utc_s)
{
    int64_t first = first_day(utc_s), next_s = INT64_MAX;
    for (int64_t day = first; day <= first + HORIZON_DAYS + days_ahead(window); day++) {
        if (!opens_on(window, day))
            continue;
        struct span span = span_on(window, day);
        if (span.close_s > utc_s && span.close_s < next_s)
            next_s = span.close_s;
        if (span.open_s > utc_s) /* and so are all later ones, with their closings */
            return span.open_s < next_s ? span.open_s : next_s;
    }
    return next_s;
}

struct window_state windows_at(const struct endpoint *endpoint, uint64_t now_real_us)
{
    int64_t now_s = (int64_t)(now_real_us / US_PER_S);
    struct window_state state = {.warm = warm_at(endpoint, now_s), .changes_real_us = UINT64_MAX};
    for (int64_t at_s = now_s; at_s < now_s + (int64_t)HORIZON_DAYS * DAY_S;) {
        int64_t next_s = INT64_MAX;
        for (size_t i = 0; i < endpoint->n_windows; i++) {
            int64_t boundary_s = next_boundary(&endpoint->windows[i], at_s);
            next_s = boundary_s < next_s ? boundary_s : next_s;
        }
        if (next_s == INT64_MAX)
            break;
        if (warm_at(endpoint, next_s) != state.warm) {
            state.changes_real_us = (uint64_t)next_s * US_PER_S;
            break;
        }
        at_s = next_s;
    }
    return state;
}
