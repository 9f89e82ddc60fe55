#include "base/timestamp.h"

#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
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

static bool take_month(const char **at, int *ret_month)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int month = 0; month < 12; month++)
        if (strncmp(*at, names + (size_t)month * 3, 3) == 0) {
            *at += 3;
            *ret_month = month + 1;
            return true;
        }
    return false;
}

static bool is_date(const struct date *date)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (date->month < 1 || date->month > 12)
        return false;
    bool leap = (date->year % 4 == 0 && date->year % 100 != 0) || date->year % 400 == 0;
    return date->day >= 1 && date->day <= lengths[date->month - 1] + (date->month == 2 && leap);
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

static int64_t midnight_us(const struct date *date)
{
    struct tm utc = {.tm_year = date->year - 1900, .tm_mon = date->month - 1, .tm_mday = date->day};
    return (int64_t)timegm(&utc) * (int64_t)US_PER_S;
}

int timestamp_parse(const char *text, uint64_t *ret_us)
{
    struct date date = {0};
    int64_t of_day_us = 0, offset_us = 0;
    if (!take_digits(&text, 4, &date.year) || !take_one_of(&text, "-") ||
        !take_digits(&text, 2, &date.month) || !take_one_of(&text, "-") ||
        !take_digits(&text, 2, &date.day) || !is_date(&date) || !take_one_of(&text, "Tt ") ||
        !take_time(&text, &of_day_us) || !take_offset(&text, &offset_us) || *text)
        return -EINVAL;
    int64_t us = midnight_us(&date) + of_day_us - offset_us;
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

int timestamp_parse_http(const char *text, uint64_t *ret_us)
{
    struct date date = {0};
    int64_t of_day_us = 0;
    if (strnlen(text, 5) < 5 || memcmp(text + 3, ", ", 2) != 0)
        return -EINVAL;
    text += 5;
    if (!take_digits(&text, 2, &date.day) || !take_one_of(&text, " ") || !take_month(&text, &date.month) ||
        !take_one_of(&text, " ") || !take_digits(&text, 4, &date.year) || !is_date(&date) ||
        date.year < 1970 || !take_one_of(&text, " ") || !take_time(&text, &of_day_us) ||
        strcmp(text, " GMT") != 0)
        return -EINVAL;
    *ret_us = (uint64_t)(midnight_us(&date) + of_day_us);
    return 0;
}
