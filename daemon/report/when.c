#include "report/when.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/text.h"
#include "base/timestamp.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { WHEN_TEXT_MAX = 128 };

/* What is being read: a copy of the text, which gets shorter at both ends. */
struct reading {
    char text[WHEN_TEXT_MAX];
    char *at;
    struct tm tm;
    uint64_t us; /* of a second */
    bool utc;
};

static void skip_blanks(struct reading *reading)
{
    reading->at += strspn(reading->at, " \t");
}

static bool is_at_end(struct reading *reading)
{
    skip_blanks(reading);
    return *reading->at == '\0';
}

/* Removes WORD and the blanks before it from the end. */
static bool take_suffix(struct reading *reading, const char *word)
{
    size_t length = strlen(reading->at), n = strlen(word);
    if (n == 0 || length <= n || strcasecmp(reading->at + length - n, word) != 0 ||
        !strchr(" \t", reading->at[length - n - 1]))
        return false;
    length -= n;
    while (length > 0 && strchr(" \t", reading->at[length - 1]))
        length--;
    reading->at[length] = '\0';
    return true;
}

/* Reads up to MOST digits. */
static bool take_number(struct reading *reading, int most, int *ret_number)
{
    int number = 0, n = 0;
    for (; n < most && strchr(DIGITS, *reading->at) && *reading->at; n++)
        number = number * 10 + (*reading->at++ - '0');
    *ret_number = number;
    return n > 0;
}

static bool take_character(struct reading *reading, char character)
{
    if (*reading->at != character)
        return false;
    reading->at++;
    return true;
}

/* Digits behind a point, as far as they count. */
static bool take_fraction(struct reading *reading)
{
    if (!strchr(DIGITS, *reading->at) || !*reading->at)
        return false;
    for (uint64_t unit = US_PER_S / 10; *reading->at && strchr(DIGITS, *reading->at); unit /= 10)
        reading->us += unit * (uint64_t)(*reading->at++ - '0');
    return true;
}

/* "03:10", "03:10:05", "03:10:05.5", and nothing else. */
static bool take_time(struct reading *reading)
{
    struct tm *tm = &reading->tm;
    tm->tm_sec = 0;
    if (!take_number(reading, 2, &tm->tm_hour) || !take_character(reading, ':') ||
        !take_number(reading, 2, &tm->tm_min) || tm->tm_hour > 23 || tm->tm_min > 59)
        return false;
    if (take_character(reading, ':')) {
        if (!take_number(reading, 2, &tm->tm_sec) || tm->tm_sec > 59)
            return false;
        if (take_character(reading, '.') && !take_fraction(reading))
            return false;
    }
    return is_at_end(reading);
}

/* "2026-11-24" or "26-11-24"; without moving if there is no date. */
static bool take_date(struct reading *reading)
{
    char *start = reading->at;
    int year, month, day;
    bool is_date = take_number(reading, 4, &year) && take_character(reading, '-') &&
                   take_number(reading, 2, &month) && take_character(reading, '-') &&
                   take_number(reading, 2, &day);
    if (!is_date) {
        reading->at = start;
        return false;
    }
    if (year < 100) /* as strptime(3) has it */
        year += year < 69 ? 2000 : 1900;
    reading->tm.tm_year = year - 1900;
    reading->tm.tm_mon = month - 1;
    reading->tm.tm_mday = day;
    return true;
}

/* The day of the week in front: 0 is Sunday; -1: none, and nothing is taken. */
static int take_weekday(struct reading *reading)
{
    static const char *const names[] = {"sunday",   "monday", "tuesday", "wednesday",
                                        "thursday", "friday", "saturday"};
    size_t length = strcspn(reading->at, " \t,");
    for (int day = 0; day < 7; day++)
        if (reading->at[length] && (length == 3 || length == strlen(names[day])) &&
            strncasecmp(reading->at, names[day], length) == 0) {
            reading->at += length + (reading->at[length] == ',');
            skip_blanks(reading);
            return day;
        }
    return -1;
}

/* Of the tm. -EINVAL: there is no such day, or it is before 1970. */
static int to_real(const struct reading *reading, int weekday, uint64_t *ret_us)
{
    struct tm asked = reading->tm, got = reading->tm;
    time_t asked_wall = timegm(&asked);
    bool is_day = asked.tm_mday == got.tm_mday && asked.tm_mon == got.tm_mon;
    if (!is_day || (weekday >= 0 && weekday != asked.tm_wday))
        return -EINVAL;
    time_t seconds = reading->utc ? asked_wall : mktime(&got);
    if (seconds < 0)
        return -EINVAL;
    /* Of a time that the clocks skip mktime makes an earlier or a later one, by what it was asked before. */
    time_t got_wall = timegm(&got);
    if (reading->tm.tm_isdst < 0 && got_wall < asked_wall)
        seconds += asked_wall - got_wall;
    *ret_us = (uint64_t)seconds * US_PER_S + reading->us;
    return 0;
}

/* Takes "today", "yesterday" or "tomorrow" into the tm, which holds now. */
static bool take_day_word(struct reading *reading)
{
    static const struct {
        const char *word;
        int days;
    } words[] = {{"today", 0}, {"yesterday", -1}, {"tomorrow", 1}};
    size_t length = strcspn(reading->at, " \t");
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (length == strlen(words[i].word) && strncasecmp(reading->at, words[i].word, length) == 0) {
            reading->at += length;
            reading->tm.tm_mday += words[i].days;
            (void)timegm(&reading->tm); /* the day before the first of a month is the last of another */
            return true;
        }
    return false;
}

/* A day, a time, or both. */
static int read_calendar(struct reading *reading, uint64_t now_us, uint64_t *ret_us)
{
    time_t seconds = (time_t)(now_us / US_PER_S);
    struct tm *tm = &reading->tm;
    tzset();
    reading->utc = take_suffix(reading, "UTC");
    int dst = -1;
    for (int i = 0; i < 2 && !reading->utc && dst < 0; i++)
        if (take_suffix(reading, tzname[i]))
            dst = i;
    if (!(reading->utc ? gmtime_r(&seconds, tm) : localtime_r(&seconds, tm)))
        return -EINVAL;
    int weekday = take_weekday(reading);
    bool is_day = (weekday < 0 && take_day_word(reading)) || take_date(reading);
    if (weekday >= 0 && !is_day)
        return -EINVAL;
    tm->tm_hour = tm->tm_min = tm->tm_sec = 0;
    tm->tm_isdst = dst;
    bool has_time = !is_day;
    if (is_day && !is_at_end(reading)) {
        char before = reading->at[-1];
        has_time = strchr(" \t", before) || take_character(reading, 'T');
        if (!has_time)
            return -EINVAL;
    }
    if (has_time && !take_time(reading))
        return -EINVAL;
    return to_real(reading, weekday, ret_us);
}

static int read_offset(const char *text, uint64_t now_us, int sign, uint64_t *ret_us)
{
    uint64_t offset_us;
    if (*text == '\0' || duration_parse(text, &offset_us) < 0)
        return -EINVAL;
    if (sign > 0 && offset_us > INT64_MAX - now_us)
        return -EINVAL;
    *ret_us = sign > 0 ? now_us + offset_us : now_us > offset_us ? now_us - offset_us : 0;
    return 0;
}

int when_parse(const char *text, uint64_t now_us, uint64_t *ret_us)
{
    struct reading reading = {.at = reading.text};
    text += strspn(text, " \t");
    if (strlen(text) >= sizeof reading.text)
        return -EINVAL;
    memcpy(reading.text, text, strlen(text) + 1);
    for (size_t n = strlen(reading.text); n > 0 && strchr(" \t", reading.text[n - 1]); n--)
        reading.text[n - 1] = '\0';
    if (strcasecmp(reading.text, "now") == 0) {
        *ret_us = now_us;
        return 0;
    }
    if (reading.text[0] == '@')
        return read_offset(reading.text + 1, 0, 1, ret_us);
    if (reading.text[0] == '+' || reading.text[0] == '-')
        return read_offset(reading.text + 1, now_us, reading.text[0] == '+' ? 1 : -1, ret_us);
    if (take_suffix(&reading, "ago"))
        return read_offset(reading.text, now_us, -1, ret_us);
    if (take_suffix(&reading, "left"))
        return read_offset(reading.text, now_us, 1, ret_us);
    if (timestamp_parse(reading.text, ret_us) == 0)
        return 0;
    return read_calendar(&reading, now_us, ret_us);
}
