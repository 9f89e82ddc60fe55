#include "decide/windows.h"

#include "../cmocka_all.h"
#include "base/clock.h"
#include "base/timezone.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { MON = 1, TUE = 2, WED = 4, THU = 8, FRI = 16, SAT = 32, SUN = 64, WEEKDAYS = 31, ALL = 127 };

#define AT(hour, minute) ((hour)*3600 + (minute)*60)

/* "2026-03-29T01:00:00Z". */
static uint64_t utc(const char *text)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    assert_true(end && *end == '\0');
    return (uint64_t)timegm(&tm) * US_PER_S;
}

static void expect(const struct endpoint *endpoint, const char *at, uint32_t warm, const char *changes)
{
    struct window_state state = windows_at(endpoint, utc(at));
    if (state.warm != warm || state.changes_real_us != (changes ? utc(changes) : UINT64_MAX)) {
        time_t seconds = (time_t)(state.changes_real_us / US_PER_S);
        fail_msg("%s: %" PRIu32 ", changing at %s", at, state.warm, asctime(gmtime(&seconds)));
    }
}

static void without_windows_nothing_changes(void **state)
{
    (void)state;
    struct endpoint endpoint = {.warm = 7};
    timezone_use("Europe/Berlin");
    expect(&endpoint, "2026-11-25T12:00:00Z", 7, NULL);
}

static void a_working_day(void **state)
{
    (void)state;
    struct window office = {.days = WEEKDAYS, .from_s = AT(8, 0), .to_s = AT(18, 30), .warm = 100};
    struct endpoint endpoint = {.warm = 2, .windows = &office, .n_windows = 1};
    timezone_use("Europe/Berlin");
    expect(&endpoint, "2026-11-25T06:59:59Z", 2, "2026-11-25T07:00:00Z"); /* a Wednesday */
    expect(&endpoint, "2026-11-25T07:00:00Z", 100, "2026-11-25T17:30:00Z");
    expect(&endpoint, "2026-11-25T17:29:59Z", 100, "2026-11-25T17:30:00Z");
    expect(&endpoint, "2026-11-27T17:30:00Z", 2, "2026-11-30T07:00:00Z"); /* over the weekend */
    expect(&endpoint, "2026-12-31T12:00:00Z", 100, "2026-12-31T17:30:00Z");
    expect(&endpoint, "2026-12-31T23:30:00Z", 2, "2027-01-01T07:00:00Z"); /* over the year's end */
    expect(&endpoint, "2028-02-28T18:00:00Z", 2, "2028-02-29T07:00:00Z"); /* a leap day */
    office.lead_us = 120 * US_PER_S;
    expect(&endpoint, "2026-11-25T06:57:59Z", 2, "2026-11-25T06:58:00Z");
    expect(&endpoint, "2026-11-25T06:58:00Z", 100, "2026-11-25T17:30:00Z");
}

static void a_lead_may_reach_into_the_day_before(void **state)
{
    (void)state;
    struct window early = {
        .days = MON, .from_s = 0, .to_s = AT(1, 0), .warm = 5, .lead_us = 30 * 60 * US_PER_S};
    struct endpoint endpoint = {.windows = &early, .n_windows = 1};
    timezone_use("UTC");
    expect(&endpoint, "2026-11-29T23:29:59Z", 0, "2026-11-29T23:30:00Z"); /* Sunday */
    expect(&endpoint, "2026-11-29T23:30:00Z", 5, "2026-11-30T01:00:00Z");
}

static void a_night_crosses_midnight(void **state)
{
    (void)state;
    struct window night = {.days = FRI, .from_s = AT(22, 0), .to_s = AT(6, 0), .warm = 9};
    struct endpoint endpoint = {.warm = 1, .windows = &night, .n_windows = 1};
    timezone_use("Asia/Kathmandu"); /* UTC+5:45 */
    expect(&endpoint, "2026-11-27T16:14:59Z", 1, "2026-11-27T16:15:00Z");
    expect(&endpoint, "2026-11-27T16:15:00Z", 9, "2026-11-28T00:15:00Z");
    expect(&endpoint, "2026-11-28T00:15:00Z", 1, "2026-12-04T16:15:00Z");
    /* A whole day, up to the same time of the next. */
    night.to_s = night.from_s;
    expect(&endpoint, "2026-11-28T16:14:59Z", 9, "2026-11-28T16:15:00Z");
}

static void the_larger_of_two_counts(void **state)
{
    (void)state;
    struct window windows[] = {{.days = ALL, .from_s = AT(8, 0), .to_s = AT(20, 0), .warm = 10},
                               {.days = ALL, .from_s = AT(12, 0), .to_s = AT(14, 0), .warm = 50},
                               {.days = ALL, .from_s = AT(13, 0), .to_s = AT(16, 0), .warm = 5}};
    struct endpoint endpoint = {.warm = 20, .windows = windows, .n_windows = 3};
    timezone_use("UTC");
    expect(&endpoint, "2026-11-25T08:00:00Z", 10, "2026-11-25T12:00:00Z");
    expect(&endpoint, "2026-11-25T12:00:00Z", 50, "2026-11-25T14:00:00Z");
    /* The third one's closing changes nothing; and a window may want less than there is outside. */
    expect(&endpoint, "2026-11-25T14:00:00Z", 10, "2026-11-25T20:00:00Z");
    expect(&endpoint, "2026-11-25T20:00:00Z", 20, "2026-11-26T08:00:00Z");
}

static void what_never_changes_is_said(void **state)
{
    (void)state;
    struct window halves[] = {{.days = ALL, .from_s = 0, .to_s = AT(2, 30), .warm = 3},
                              {.days = ALL, .from_s = AT(2, 30), .to_s = AT(24, 0), .warm = 3}};
    struct endpoint endpoint = {.windows = halves, .n_windows = 2};
    timezone_use("Europe/Berlin");
    expect(&endpoint, "2026-03-28T12:00:00Z", 3, NULL); /* nor in the night in which 2:30 is skipped */
    expect(&endpoint, "2026-10-24T12:00:00Z", 3, NULL); /* or comes twice */
}

/* Berlin: 2026-03-29 from 2:00 to 3:00 (1:00 UTC), 2026-10-25 from 3:00 to 2:00 (1:00 UTC). */
static void skipped_times_are_the_moment_after(void **state)
{
    (void)state;
    struct window window = {.days = SUN, .from_s = AT(2, 30), .to_s = AT(5, 0), .warm = 4};
    struct endpoint endpoint = {.windows = &window, .n_windows = 1};
    timezone_use("Europe/Berlin");
    expect(&endpoint, "2026-03-29T00:59:59Z", 0, "2026-03-29T01:00:00Z");
    expect(&endpoint, "2026-03-29T01:00:00Z", 4, "2026-03-29T03:00:00Z");
    window = (struct window){.days = SUN, .from_s = AT(1, 0), .to_s = AT(2, 30), .warm = 4};
    expect(&endpoint, "2026-03-29T00:00:00Z", 4, "2026-03-29T01:00:00Z");
    /* Wholly skipped: not at all. */
    window = (struct window){.days = SUN, .from_s = AT(2, 10), .to_s = AT(2, 50), .warm = 4};
    expect(&endpoint, "2026-03-28T12:00:00Z", 0, "2026-04-05T00:10:00Z");
}

static void times_that_come_twice_are_covered_twice(void **state)
{
    (void)state;
    struct window window = {.days = SUN, .from_s = AT(2, 15), .to_s = AT(2, 45), .warm = 4};
    struct endpoint endpoint = {.windows = &window, .n_windows = 1};
    timezone_use("Europe/Berlin");
    expect(&endpoint, "2026-10-25T00:14:59Z", 0, "2026-10-25T00:15:00Z");
    expect(&endpoint, "2026-10-25T00:15:00Z", 4, "2026-10-25T01:45:00Z");
    expect(&endpoint, "2026-10-25T01:45:00Z", 0, "2026-11-01T01:15:00Z");
}

static void a_day_may_begin_after_midnight(void **state)
{
    (void)state;
    struct window window = {.days = SUN, .from_s = 0, .to_s = AT(6, 0), .warm = 4};
    struct endpoint endpoint = {.windows = &window, .n_windows = 1};
    timezone_use("America/Sao_Paulo"); /* 2018-11-04 began at 1:00, 3:00 UTC */
    expect(&endpoint, "2018-11-04T02:59:59Z", 0, "2018-11-04T03:00:00Z");
    expect(&endpoint, "2018-11-04T03:00:00Z", 4, "2018-11-04T08:00:00Z");
    /* 2018-02-17 ended twice: its 23:00 came again at 2:00 UTC. */
    window = (struct window){.days = SAT, .from_s = AT(23, 0), .to_s = AT(24, 0), .warm = 4};
    expect(&endpoint, "2018-02-18T00:59:59Z", 0, "2018-02-18T01:00:00Z");
    expect(&endpoint, "2018-02-18T01:00:00Z", 4, "2018-02-18T03:00:00Z");
}

/* The property: an oracle that only knows what localtime says of each minute. */

enum { DAYS = 400, MARGIN = 4, MINUTES = DAYS * 1440 };

static int64_t local_minutes[MINUTES];
static uint32_t oracle[MINUTES];

static uint64_t start_us;

static void read_local_minutes(const char *start)
{
    start_us = utc(start);
    for (int64_t i = 0; i < MINUTES; i++) {
        time_t seconds = (time_t)(start_us / US_PER_S) + i * 60;
        struct tm local;
        assert_non_null(localtime_r(&seconds, &local));
        local_minutes[i] = timegm(&local) / 60;
    }
}

/* From the first minute that isn't before `from` until after the last that is before `to`. */
static void oracle_open(const struct window *window, int64_t day, bool *covered)
{
    int64_t from = day * 1440 + window->from_s / 60, to = day * 1440 + window->to_s / 60;
    if (window->to_s <= window->from_s)
        to += 1440;
    int64_t around = from - local_minutes[0], first = -1, last = -1;
    int64_t low = around - 4 * 1440 < 0 ? 0 : around - 4 * 1440;
    for (int64_t i = low; i < MINUTES && i < around + 6 * 1440; i++) {
        if (first < 0 && local_minutes[i] >= from)
            first = i;
        if (local_minutes[i] < to)
            last = i;
    }
    if (first < 0 || last < first)
        return;
    for (int64_t i = first - (int64_t)(window->lead_us / US_PER_S / 60); i <= last; i++)
        if (i >= 0)
            covered[i] = true;
}

static void ask_oracle(const struct endpoint *endpoint)
{
    static bool covered[MINUTES];
    static bool any[MINUTES];
    memset(any, 0, sizeof any);
    for (size_t w = 0; w < endpoint->n_windows; w++) {
        const struct window *window = &endpoint->windows[w];
        memset(covered, 0, sizeof covered);
        for (int64_t day = local_minutes[0] / 1440 - 2; day <= local_minutes[0] / 1440 + DAYS + 2; day++)
            if (window->days >> ((day + 3) % 7) & 1)
                oracle_open(window, day, covered);
        for (int64_t i = 0; i < MINUTES; i++) {
            if (!covered[i])
                continue;
            oracle[i] = any[i] && oracle[i] > window->warm ? oracle[i] : window->warm;
            any[i] = true;
        }
    }
    for (int64_t i = 0; i < MINUTES; i++)
        if (!any[i])
            oracle[i] = endpoint->warm;
}

static uint64_t next_random(uint64_t *seed)
{
    uint64_t mixed = *seed += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

/* Half of the times are near those at which clocks are changed. */
static uint32_t random_time(uint64_t *seed)
{
    uint64_t minutes = next_random(seed) % 2 ? next_random(seed) % 1440 : next_random(seed) % 37 * 5;
    return (uint32_t)minutes * 60;
}

static void draw(struct endpoint *endpoint, uint64_t *seed)
{
    endpoint->warm = (uint32_t)(next_random(seed) % 3);
    endpoint->n_windows = 1 + next_random(seed) % 4;
    for (size_t i = 0; i < endpoint->n_windows; i++) {
        uint64_t lead_minutes = next_random(seed) % 3 ? next_random(seed) % 20 : next_random(seed) % 2000;
        endpoint->windows[i] = (struct window){.days = (uint8_t)(1 + next_random(seed) % 127),
                                               .from_s = random_time(seed),
                                               .to_s = random_time(seed),
                                               .warm = (uint32_t)(next_random(seed) % 4),
                                               .lead_us = lead_minutes * 60 * US_PER_S};
        if (endpoint->windows[i].to_s == 0)
            endpoint->windows[i].to_s = AT(24, 0);
    }
}

/* What windows_at says of the minute, held against the oracle's; returns the minute of the next change. */
static int64_t compare(const struct endpoint *endpoint, int64_t minute, int64_t end, const char *zone)
{
    struct window_state got = windows_at(endpoint, start_us + (uint64_t)minute * 60 * US_PER_S);
    int64_t change = minute;
    while (change < end && oracle[change] == oracle[minute])
        change++;
    uint64_t change_us = start_us + (uint64_t)change * 60 * US_PER_S;
    bool same = change == end ? got.changes_real_us >= change_us : got.changes_real_us == change_us;
    if (got.warm != oracle[minute] || !same)
        fail_msg("%s, minute %" PRId64 ": %" PRIu32 " until %" PRId64 ", and the oracle says %" PRIu32
                 " until %" PRId64,
                 zone, minute, got.warm, (int64_t)((got.changes_real_us - start_us) / US_PER_S / 60),
                 oracle[minute], change);
    return change;
}

static void a_year_as_the_oracle_sees_it(const char *zone, const char *start, uint64_t *seed)
{
    struct window windows[4];
    struct endpoint endpoint = {.windows = windows};
    timezone_use(zone);
    read_local_minutes(start);
    for (int run = 0; run < 2; run++) {
        draw(&endpoint, seed);
        ask_oracle(&endpoint);
        int64_t end = MINUTES - MARGIN * 1440;
        for (int64_t at = MARGIN * 1440; at < end;)
            at = compare(&endpoint, at, end, zone);
        for (int64_t i = 1; i < end; i++) {
            if (local_minutes[i] == local_minutes[i - 1] + 1)
                continue;
            for (int64_t at = i - 200; at < i + 200; at++) /* a change of the clocks, minute by minute */
                compare(&endpoint, at, end, zone);
        }
    }
}

static void it_is_as_local_clocks_say(void **state)
{
    (void)state;
    uint64_t seed = 20261125;
    a_year_as_the_oracle_sees_it("Europe/Berlin", "2027-12-20T00:00:00Z", &seed);
    a_year_as_the_oracle_sees_it("America/New_York", "2026-01-01T00:00:00Z", &seed);
    a_year_as_the_oracle_sees_it("America/Sao_Paulo", "2017-12-20T00:00:00Z", &seed);
    a_year_as_the_oracle_sees_it("Asia/Beirut", "2026-01-01T00:00:00Z", &seed);
    a_year_as_the_oracle_sees_it("Australia/Lord_Howe", "2026-01-01T00:00:00Z", &seed);
    a_year_as_the_oracle_sees_it("Asia/Kathmandu", "2023-12-20T00:00:00Z", &seed);
    a_year_as_the_oracle_sees_it("Africa/Casablanca", "2026-01-01T00:00:00Z", &seed);
    a_year_as_the_oracle_sees_it("Pacific/Chatham", "2026-01-01T00:00:00Z", &seed);
}

static void a_zone_can_be_changed_back(void **state)
{
    (void)state;
    struct window office = {.days = ALL, .from_s = AT(8, 0), .to_s = AT(9, 0), .warm = 3};
    struct endpoint endpoint = {.windows = &office, .n_windows = 1};
    const char *const zones[] = {"Asia/Tokyo", NULL, "Asia/Tokyo", "UTC"};
    const char *const opens[] = {"2026-11-25T23:00:00Z", "2026-11-26T08:00:00Z", "2026-11-25T23:00:00Z",
                                 "2026-11-26T08:00:00Z"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(timezone_use(zones[i]), 0);
        expect(&endpoint, "2026-11-25T12:00:00Z", 0, opens[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_windows_nothing_changes),
        cmocka_unit_test(a_working_day),
        cmocka_unit_test(a_lead_may_reach_into_the_day_before),
        cmocka_unit_test(a_night_crosses_midnight),
        cmocka_unit_test(the_larger_of_two_counts),
        cmocka_unit_test(what_never_changes_is_said),
        cmocka_unit_test(skipped_times_are_the_moment_after),
        cmocka_unit_test(times_that_come_twice_are_covered_twice),
        cmocka_unit_test(a_day_may_begin_after_midnight),
        cmocka_unit_test(it_is_as_local_clocks_say),
        cmocka_unit_test(a_zone_can_be_changed_back),
    };
    setenv("TZ", "UTC", 1); /* what timezone_use comes back to */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
