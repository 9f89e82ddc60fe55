#include "protocol/http_date.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int month_of(const char name[4])
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *found = strlen(name) == 3 ? strstr(names, name) : NULL;
    return found && (found - names) % 3 == 0 ? (int)(found - names) / 3 : -EINVAL;
}

int http_date_parse(const char *text, uint64_t *ret_us)
{
    struct tm time = {0};
    char month[4] = "";
    int end = 0;
    /* Widths bound the numbers; the day of the week says nothing new. */
    if (sscanf(text, "%*3c, %2d %3s %4d %2d:%2d:%2d GMT%n", &time.tm_mday, month, &time.tm_year,
               &time.tm_hour, &time.tm_min, &time.tm_sec, &end) != 6 ||
        end == 0 || text[end] != '\0')
        return -EINVAL;
    time.tm_mon = month_of(month);
    time.tm_year -= 1900;
    if (time.tm_mon < 0 || time.tm_mday < 1 || time.tm_mday > 31 || time.tm_hour < 0 || time.tm_hour > 23 ||
        time.tm_min < 0 || time.tm_min > 59 || time.tm_sec < 0 || time.tm_sec > 60)
        return -EINVAL;
    time_t seconds = timegm(&time);
    if (seconds < 0)
        return -EINVAL;
    *ret_us = (uint64_t)seconds * US_PER_S;
    return 0;
}
