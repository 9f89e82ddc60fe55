#include "plan/week.h"

#include "base/cleanup.h"
#include "base/suggest.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { DAYS = 7, SHORT_NAME = 3 };

/* The long names, then the short ones. */
static const char *const day_names[2 * DAYS] = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    "Mon",    "Tue",     "Wed",       "Thu",      "Fri",    "Sat",      "Sun",
};

/* The day, 0 for Monday, or -EINVAL. */
static int day_parse(const char *text, struct error *error)
{
    for (int i = 0; i < 2 * DAYS; i++)
        if (strcasecmp(day_names[i], text) == 0)
            return i % DAYS;
    const char *near = suggest(text, day_names, COUNT_OF(day_names));
    if (text[0] == '\0')
        return error_set(error, -EINVAL, "a day is missing (write days as \"Mon..Fri\" or \"Sat,Sun\")");
    if (strchr(text, '-'))
        return error_set(error, -EINVAL, "'%s': write a range of days with two dots, \"Mon..Fri\"", text);
    if (near)
        return error_set(error, -EINVAL, "'%s' is not a day (did you mean %s?)", text, near);
    return error_set(error, -EINVAL,
                     "'%s' is not a day (write days as \"Mon..Fri\", \"Sat,Sun\" or \"daily\")", text);
}

/* Cuts the blanks around TEXT off. */
static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* Adds a day, or a range of days that may cross the week's end, to *days. */
static int range_parse(char *text, uint8_t *days, struct error *error)
{
    char *dots = strstr(text, "..");
    if (dots)
        *dots = '\0';
    int first = day_parse(trim(text), error);
    int last = dots && first >= 0 ? day_parse(trim(dots + 2), error) : first;
    if (last < 0)
        return last;
    for (int day = first; day != last; day = (day + 1) % DAYS)
        *days |= (uint8_t)(1U << day);
    *days |= (uint8_t)(1U << last);
    return 0;
}

int days_parse(const char *text, uint8_t *ret_days, struct error *error)
{
    CLEANUP_FREE char *copy = strdup(text);
    uint8_t days = 0;
    int result = copy ? 0 : -ENOMEM;
    if (copy && strcasecmp(trim(copy), "daily") == 0)
        days = EVERY_DAY;
    else
        for (char *at = copy, *part; result == 0 && (part = strsep(&at, ","));)
            result = range_parse(part, &days, error);
    if (result == 0)
        *ret_days = days;
    return result;
}

/* Reads one or two digits, or exactly two, up to MOST. Returns what follows them; NULL: they aren't there. */
static const char *number(const char *text, size_t least_digits, uint32_t most, uint32_t *ret_number)
{
    size_t digits = strspn(text, "0123456789");
    if (digits < least_digits || digits > 2)
        return NULL;
    *ret_number = (uint32_t)strtoul(text, NULL, 10);
    return *ret_number <= most ? text + digits : NULL;
}

int time_of_day_parse(const char *text, uint32_t *ret_s)
{
    uint32_t hours = 0, minutes = 0, seconds = 0;
    const char *at = number(text, 1, 24, &hours);
    if (!at || *at != ':')
        return -EINVAL;
    at = number(at + 1, 2, 59, &minutes);
    if (at && *at == ':')
        at = number(at + 1, 2, 59, &seconds);
    uint32_t time_s = (hours * 60 + minutes) * 60 + seconds;
    if (!at || *at != '\0' || time_s > DAY_S)
        return -EINVAL;
    *ret_s = time_s;
    return 0;
}
