#include "aws/timestamp.h"

#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct date {
    int year, month, day; /* both from 1 */
};

/* Reads N digits at *AT and moves past them; false if there are fewer. */
static bool take_digits(const char **at, int n, int *ret_value)
{
    int value = 0;
    for (; n > 0; n--, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        value = value * 10 + (**at - '0');
    }
    *ret_value = value;
    return true;
}

static bool take_one_of(const char **at, const char *choices)
{
    for (; *choices; choices++)
        if (**at == *choices) {
            (*at)++;
            return true;
        }
    return false;
}

static bool take_date(const char **at, struct date *date)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!take_digits(at, 4, &date->year) || !take_one_of(at, "-") || !take_digits(at, 2, &date->month) ||
        !take_one_of(at, "-") || !take_digits(at, 2, &date->day) || date->month < 1 || date->month > 12)
        return false;
    bool leap = (date->year % 4 == 0 && date->year % 100 != 0) || date->year % 400 == 0;
    int length = lengths[date->month - 1] + (date->month == 2 && leap);
    return date->day >= 1 && date->day <= length;
}

static bool take_time(const char **at, int64_t *ret_us)
{
    int hour = 0, minute = 0, second = 0;
    if (!take_digits(at, 2, &hour) || !take_one_of(at, ":") || !take_digits(at, 2, &minute) ||
        !take_one_of(at, ":") || !take_digits(at, 2, &second) || hour > 23 || minute > 59 || second > 60)
        return false; /* 60: a leap second */
    int64_t us = ((int64_t)hour * 3600 + (int64_t)minute * 60 + second) * (int64_t)US_PER_S;
    if (take_one_of(at, ".")) {
        if (**at < '0' || **at > '9')
            return false;
        for (int64_t scale = (int64_t)US_PER_S / 10; **at >= '0' && **at <= '9'; scale /= 10, (*at)++)
            us += scale * (**at - '0');
    }
    *ret_us = us;
    return true;
}

static bool take_offset(const char **at, int64_t *ret_us)
{
    int hour = 0, minute = 0;
    *ret_us = 0;
    if (take_one_of(at, "Zz"))
        return true;
    bool west = **at == '-';
    if (!take_one_of(at, "+-") || !take_digits(at, 2, &hour))
        return false;
    take_one_of(at, ":");
    if (!take_digits(at, 2, &minute) || hour > 23 || minute > 59)
        return false;
    int64_t us = ((int64_t)hour * 3600 + (int64_t)minute * 60) * (int64_t)US_PER_S;
    *ret_us = west ? -us : us;
    return true;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar; years begin in March, so that the leap day is
 * the last (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil). */
static int64_t days_since_1970(const struct date *date)
{
    int64_t year = date->year - (date->month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (date->month + (date->month > 2 ? -3 : 9)) + 2) / 5 + date->day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int timestamp_parse(const char *text, uint64_t *ret_us)
{
    struct date date = {0};
    int64_t of_day_us = 0, offset_us = 0;
    if (!take_date(&text, &date) || !take_one_of(&text, "Tt ") || !take_time(&text, &of_day_us) ||
        !take_offset(&text, &offset_us) || *text)
        return -EINVAL;
    int64_t us = days_since_1970(&date) * 86400 * (int64_t)US_PER_S + of_day_us - offset_us;
    *ret_us = us > 0 ? (uint64_t)us : 1;
    return 0;
}

const char *timestamp_format(uint64_t real_us, char text[TIMESTAMP_TEXT_MAX])
{
    time_t seconds = (time_t)(real_us / US_PER_S);
    struct tm utc = {0};
    gmtime_r(&seconds, &utc);
    strftime(text, TIMESTAMP_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}
