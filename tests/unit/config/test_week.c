#include "../cmocka_all.h"
#include "../scratch.h"

#include "config/week.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MON = 1, TUE = 2, WED = 4, THU = 8, FRI = 16, SAT = 32, SUN = 64 };

static void reads_days(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint8_t days;
    } good[] = {
        {"Mon", MON},
        {"sunday", SUN},
        {"Mon..Fri", MON | TUE | WED | THU | FRI},
        {"Mon,Wed,Fri", MON | WED | FRI},
        {" tue , THURSDAY ", TUE | THU},
        {"Sat..Mon", SAT | SUN | MON},
        {"Fri .. Sat,Wed", FRI | SAT | WED},
        {"Sun..Sat", EVERY_DAY},
        {"Wed..Wed", WED},
        {"Mon,Mon", MON},
        {"daily", EVERY_DAY},
        {" Daily ", EVERY_DAY},
    };
    static const char *const bad[] = {
        "",          ",",      "Mon,",          "Mo",      "Mon-Fri",   "Mon...Fri",
        "Mon..",     "..Fri",  "Mon..Tue..Wed", "Mon Tue", "daily,Mon", "1",
        "Mon..Frj,", "Mon;Tue"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        uint8_t days = 0;
        struct error error = {0};
        if (days_parse(good[i].text, &days, &error) < 0)
            fail_msg("%s: %s", good[i].text, error.message);
        assert_int_equal(days, good[i].days);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        uint8_t days = 0x55;
        struct error error = {0};
        if (days_parse(bad[i], &days, &error) != -EINVAL)
            fail_msg("'%s' was taken for days", bad[i]);
        assert_int_equal(days, 0x55);
        assert_true(strlen(error.message) > 10);
    }
}

static void reads_times_of_day(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t time_s;
    } good[] = {
        {"00:00", 0},        {"08:00", 28800}, {"8:00", 28800},  {"18:30", 66600},    {"23:59", 86340},
        {"23:59:59", 86399}, {"00:00:01", 1},  {"24:00", 86400}, {"24:00:00", 86400},
    };
    static const char *const bad[] = {"",       "8",        ":",      "08:",      "08:0",
                                      "08:000", "008:00",   "24:01",  "25:00",    "08:60",
                                      "-1:00",  "08:00:60", "08:00:", "08:00:0",  " 8:00",
                                      "08:00 ", "8am",      "08.00",  "24:00:01", "08:00:00:00"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        uint32_t time_s = 1;
        if (time_of_day_parse(good[i].text, &time_s) < 0)
            fail_msg("'%s' is a time of day", good[i].text);
        assert_int_equal(time_s, good[i].time_s);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        uint32_t time_s = 4711;
        if (time_of_day_parse(bad[i], &time_s) != -EINVAL)
            fail_msg("'%s' was taken for a time of day", bad[i]);
        assert_int_equal(time_s, 4711);
    }
}

static void knows_the_zones_of_the_folder_only(void **state)
{
    scratch_write(*state, "secret", "TZif");
    scratch_write(*state, "zones/Europe/Berlin", "TZif2");
    scratch_write(*state, "zones/Etc/GMT+3", "TZif2");
    scratch_write(*state, "zones/leapseconds", "# a table");
    scratch_write(*state, "zones/empty", "");
    setenv("TZDIR", scratch_path(*state, "zones"), 1);
    static const char *const good[] = {"Europe/Berlin", "Etc/GMT+3", "UTC"};
    static const char *const bad[] = {
        "",         "Europe",         "Europe/", "Europe/Paris",        "../secret",
        "/etc/utc", "leapseconds",    "empty",   "Europe/../../secret", "Europe//Berlin",
        ":UTC",     "Europe/Berlin\n"};
    struct error error = {0};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        if (timezone_check(good[i], &error) < 0)
            fail_msg("%s: %s", good[i], error.message);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (timezone_check(bad[i], &error) != -EINVAL)
            fail_msg("'%s' was taken for a time zone", bad[i]);
    unsetenv("TZDIR");
}

static void says_when_there_are_no_zones_at_all(void **state)
{
    setenv("TZDIR", scratch_path(*state, "none"), 1);
    struct error error = {0};
    assert_int_equal(timezone_check("UTC", &error), 0);
    assert_int_equal(timezone_check("Europe/Berlin", &error), -EINVAL);
    assert_non_null(strstr(error.message, "install the package tzdata"));
    unsetenv("TZDIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_days),
        cmocka_unit_test(reads_times_of_day),
        cmocka_unit_test_setup_teardown(knows_the_zones_of_the_folder_only, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(says_when_there_are_no_zones_at_all, scratch_create, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
