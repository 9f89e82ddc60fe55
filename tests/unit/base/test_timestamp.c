/* RFC 3339 times. */
#include "../cmocka_all.h"

#include "base/cleanup.h"
#include "base/timestamp.h"

#include <errno.h>

static void reads_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t us;
    } rows[] = {
        {"1970-01-01T00:00:01Z", 1000000},
        {"2001-09-09T01:46:40Z", 1000000000000000},
        {"2001-09-09t01:46:40z", 1000000000000000},
        {"2001-09-09 01:46:40Z", 1000000000000000},
        {"2001-09-09T01:46:40.5Z", 1000000000500000},
        {"2001-09-09T01:46:40.123456789Z", 1000000000123456},
        {"2001-09-09T03:46:40+02:00", 1000000000000000},
        {"2001-09-08T20:16:40-05:30", 1000000000000000},
        {"2001-09-09T03:46:40+0200", 1000000000000000},
        {"2000-02-29T00:00:00Z", 951782400000000},
        {"2000-03-01T00:00:00Z", 951868800000000},
        {"2016-12-31T23:59:60Z", 1483228800000000},
        {"2100-03-01T00:00:00Z", 4107542400000000},
        {"0001-01-01T00:00:00Z", 1},
        {"1969-12-31T23:59:59Z", 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t us = 0;
        if (timestamp_parse(rows[i].text, &us) != 0 || us != rows[i].us)
            fail_msg("%s: %llu", rows[i].text, (unsigned long long)us);
    }
}

static void refuses_others(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "soon",
        "2026-01-31",
        "2026-01-31T08:00:00",
        "2026-01-31T08:00Z",
        "2026-02-30T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T08:60:00Z",
        "2026-01-31T08:00:61Z",
        "2026-01-31T08:00:00.Z",
        "2026-01-31T08:00:00+1:00",
        "2026-01-31T08:00:00+24:00",
        "2026-01-31T08:00:00Z ",
        "-026-01-31T08:00:00Z",
        "1700000000",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t us = 42;
        if (timestamp_parse(rows[i], &us) != -EINVAL || us != 42)
            fail_msg("'%s' was taken", rows[i]);
    }
}

/* Every day of four centuries, against the C library's own calendar. */
static void agrees_with_the_calendar(void **state)
{
    (void)state;
    for (uint64_t day = 1; day < 146097; day++) {
        char text[TIMESTAMP_TEXT_MAX];
        uint64_t us = 0, at_us = day * 86400000000U + 43200000000U;
        assert_int_equal(timestamp_parse(timestamp_format(at_us, text), &us), 0);
        assert_true(us == at_us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_times), cmocka_unit_test(refuses_others),
                                       cmocka_unit_test(agrees_with_the_calendar)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
