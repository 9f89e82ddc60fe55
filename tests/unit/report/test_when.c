#include "../cmocka_all.h"

#include "base/cleanup.h"
#include "base/timezone.h"
#include "report/when.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define S UINT64_C(1000000)
#define MIN (60 * S)
#define H (60 * MIN)
#define D (24 * H)
/* Tuesday, 2026-11-24 14:32:05.25 in UTC. */
#define NOW (UINT64_C(1795530725) * S + 250000)
#define MIDNIGHT_UTC (UINT64_C(1795478400) * S)

struct row {
    const char *text;
    uint64_t us; /* 0: it is refused */
};

static const struct row in_utc[] = {
    {"now", NOW},
    {"  NOW ", NOW},
    {"today", MIDNIGHT_UTC},
    {"yesterday", MIDNIGHT_UTC - D},
    {"tomorrow", MIDNIGHT_UTC + D},
    {"yesterday 03:10", MIDNIGHT_UTC - D + 190 * MIN},
    {"today UTC", MIDNIGHT_UTC},
    {"-6h", NOW - 6 * H},
    {"- 6h", NOW - 6 * H},
    {"6h ago", NOW - 6 * H},
    {"2h 30min ago", NOW - 150 * MIN},
    {"2h30min AGO", NOW - 150 * MIN},
    {"+1h", NOW + H},
    {"1h left", NOW + H},
    {"-90", NOW - 90 * S},
    {"-1w", NOW - 7 * D},
    {"-1000y", 0 /* 1970, which is not refused: below */},
    {"@1793491200", UINT64_C(1793491200) * S},
    {"@1793491200.5", UINT64_C(1793491200) * S + 500000},
    {"2026-11-24", MIDNIGHT_UTC},
    {"26-11-24", MIDNIGHT_UTC},
    {"2026-11-24 03:10", MIDNIGHT_UTC + 190 * MIN},
    {"2026-11-24T03:10", MIDNIGHT_UTC + 190 * MIN},
    {"2026-11-24 03:10:05", MIDNIGHT_UTC + 190 * MIN + 5 * S},
    {"2026-11-24   03:10:05.000001", MIDNIGHT_UTC + 190 * MIN + 5 * S + 1},
    {"2026-11-24 03:10:05.0000019", MIDNIGHT_UTC + 190 * MIN + 5 * S + 1},
    {"2026-11-24 03:10:05 UTC", MIDNIGHT_UTC + 190 * MIN + 5 * S},
    {"2026-11-24 03:10 utc", MIDNIGHT_UTC + 190 * MIN},
    {"2026-11-24 UTC", MIDNIGHT_UTC},
    {"Tue 2026-11-24 03:10", MIDNIGHT_UTC + 190 * MIN},
    {"tuesday, 2026-11-24", MIDNIGHT_UTC},
    {"Tue 2026-11-24 03:10:05 UTC", MIDNIGHT_UTC + 190 * MIN + 5 * S},
    {"11:30", MIDNIGHT_UTC + 690 * MIN},
    {"11:30:59", MIDNIGHT_UTC + 690 * MIN + 59 * S},
    {"11:30 UTC", MIDNIGHT_UTC + 690 * MIN},
    {"2026-11-24T03:10:05Z", MIDNIGHT_UTC + 190 * MIN + 5 * S},
    {"2026-11-24T03:10:05.5+01:00", MIDNIGHT_UTC + 130 * MIN + 5 * S + 500000},
    {"2024-02-29", UINT64_C(1709164800) * S},
};

static const char *const refused[] = {
    "",
    " ",
    "6h",
    "ago",
    "-",
    "+",
    "@",
    "@-5",
    "h ago",
    "yesterdayish",
    "noon",
    "2026-11",
    "2026-11-24-",
    "2026-11-24 24:00",
    "2026-11-24 03:60",
    "2026-02-30",
    "2026-13-01",
    "2026-00-10",
    "2026-11-00",
    "2025-02-29",
    "1969-12-31",
    "Wed 2026-11-24",
    "Tue",
    "Tue 11:30",
    "Tue today",
    "2026-11-24x",
    "2026-11-24T",
    "11",
    "11:",
    "11:30:",
    "11:30:05.",
    "11:30 x",
    "2026-11-24 03:10 Mars/Phobos",
    "today ago",
    "--6h",
    "-6 parsecs",
    "2026-11-24T03:10:05+25:00",
    "@99999999999999999999",
    "+999999999y",
    "\xff\xfe",
    "UTC",
    "2026-11-2403:10",
};

static void parses(const char *text, uint64_t now_us, uint64_t expected_us)
{
    uint64_t us = 77;
    int result = when_parse(text, now_us, &us);
    if (result != 0 || us != expected_us)
        print_error("'%s': %d, %" PRIu64 ", not %" PRIu64 "\n", text, result, us, expected_us);
    assert_int_equal(result, 0);
    assert_int_equal(us, expected_us);
}

static void words_and_dates_in_utc(void **state)
{
    (void)state;
    assert_int_equal(timezone_use("UTC"), 0);
    for (size_t i = 0; i < COUNT_OF(in_utc); i++)
        parses(in_utc[i].text, NOW, in_utc[i].us);
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    char endless[4096];
    memset(endless, '1', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_int_equal(timezone_use("UTC"), 0);
    uint64_t us = 77;
    assert_int_equal(when_parse(endless, NOW, &us), -EINVAL);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        if (when_parse(refused[i], NOW, &us) != -EINVAL)
            print_error("'%s' is not refused\n", refused[i]);
        assert_int_equal(when_parse(refused[i], NOW, &us), -EINVAL);
    }
    assert_int_equal(us, 77);
}

/* 2026-10-25 03:00 CEST becomes 02:00 CET, 2026-03-29 02:00 CET becomes 03:00 CEST. */
static void days_are_local_over_changes_of_clocks(void **state)
{
    (void)state;
    assert_int_equal(timezone_use("Europe/Berlin"), 0);
    const uint64_t autumn = UINT64_C(1792927800) * S;  /* Sun 2026-10-25 12:30 CET */
    parses("today", autumn, UINT64_C(1792879200) * S); /* 00:00 CEST */
    parses("tomorrow", autumn, UINT64_C(1792969200) * S);
    parses("yesterday", autumn, UINT64_C(1792792800) * S);
    parses("-24h", autumn, autumn - D);
    parses("yesterday 12:30", autumn, autumn - 25 * H);
    parses("02:30 CEST", autumn, UINT64_C(1792888200) * S);
    parses("02:30 CET", autumn, UINT64_C(1792891800) * S);
    parses("02:30 UTC", autumn, UINT64_C(1792895400) * S);
    parses("2026-03-29 01:59:59", autumn, UINT64_C(1774745999) * S);
    parses("2026-03-29 02:30", autumn, UINT64_C(1774747800) * S); /* 03:30 CEST */
    parses("2026-03-29 03:30", autumn, UINT64_C(1774747800) * S);
    parses("2026-03-29", autumn, UINT64_C(1774738800) * S);
    parses("2026-03-30", autumn, UINT64_C(1774821600) * S);
    parses("2026-11-24T03:10:00Z", autumn, MIDNIGHT_UTC + 190 * MIN);
    parses("2026-11-24 03:10", autumn, MIDNIGHT_UTC + 130 * MIN);
}

/* In Santiago the 6th of September 2026 begins at 01:00. */
static void a_day_may_begin_after_midnight(void **state)
{
    (void)state;
    assert_int_equal(timezone_use("America/Santiago"), 0);
    parses("2026-09-06", NOW, UINT64_C(1788667200) * S);
    parses("2026-09-06 00:30", NOW, UINT64_C(1788669000) * S);
}

/* "today UTC" is UTC's, on whichever day we are. */
static void utc_has_days_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(timezone_use("Pacific/Kiritimati"), 0);
    parses("today UTC", NOW, MIDNIGHT_UTC);
    parses("today", NOW, MIDNIGHT_UTC + 10 * H);
    assert_int_equal(timezone_use("UTC"), 0);
    parses("tomorrow", UINT64_C(1798675200) * S, UINT64_C(1798761600) * S); /* to 2027 */
    parses("yesterday", UINT64_C(1798761600) * S, UINT64_C(1798675200) * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_dates_in_utc),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(days_are_local_over_changes_of_clocks),
        cmocka_unit_test(a_day_may_begin_after_midnight),
        cmocka_unit_test(utc_has_days_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
