#include "protocol/http_date.h"

#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static int month_of(const char *text)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int month = 0; month < 12; month++)
        if (memcmp(text, names + (size_t)month * 3, 3) == 0)
            return month;
    return -EINVAL;
}

static int number_at(const char *text, size_t digits)
{
    int number = 0;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

/* In FORM, 0 is a digit, a any character, the rest itself. */
static bool has_form(const char *text, const char *form)
{
    if (strlen(text) != strlen(form))
        return false;
    for (; *form; text++, form++)
        if (*form == '0' ? *text < '0' || *text > '9' : *form != 'a' && *text != *form)
            return false;
    return true;
}

int http_date_parse(const char *text, uint64_t *ret_us)
{
    if (!has_form(text, "aaa, 00 aaa 0000 00:00:00 GMT"))
        return -EINVAL;
    struct tm time = {.tm_mday = number_at(text + 5, 2),
                      .tm_mon = month_of(text + 8),
                      .tm_year = number_at(text + 12, 4) - 1900,
                      .tm_hour = number_at(text + 17, 2),
                      .tm_min = number_at(text + 20, 2),
                      .tm_sec = number_at(text + 23, 2)};
    if (time.tm_mon < 0 || time.tm_mday < 1 || time.tm_mday > 31 || time.tm_hour > 23 || time.tm_min > 59 ||
        time.tm_sec > 60)
        return -EINVAL;
    time_t seconds = timegm(&time);
    if (seconds < 0)
        return -EINVAL;
    *ret_us = (uint64_t)seconds * US_PER_S;
    return 0;
}
