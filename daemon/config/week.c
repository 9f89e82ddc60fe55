#include "config/week.h"

#include "base/cleanup.h"
#include "base/suggest.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

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

static const char *zoneinfo_folder(void)
{
    const char *given = getenv("TZDIR");
    return given && given[0] ? given : "/usr/share/zoneinfo";
}

/* No part of it is "." or "..", so that it names a file below the folder and nowhere else. */
static bool is_zone_name(const char *name)
{
    return text_consists_of(name, LETTERS DIGITS "_+-/", SIZE_MAX) && name[0] != '/' &&
           name[strlen(name) - 1] != '/' && !strstr(name, "//");
}

/* The folder also has other kinds of tables; a zone's begins with this (RFC 8536). */
static bool is_zone_file(const char *path)
{
    char magic[4];
    struct stat info;
    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
           read(fd, magic, sizeof magic) == sizeof magic && memcmp(magic, "TZif", sizeof magic) == 0;
}

int timezone_check(const char *name, struct error *error)
{
    const char *folder = zoneinfo_folder();
    CLEANUP_FREE char *path = NULL;
    if (strcmp(name, "UTC") == 0)
        return 0;
    if (!is_zone_name(name))
        return error_set(error, -EINVAL,
                         "'%s' is not the name of a time zone such as \"Europe/Berlin\" or \"UTC\"", name);
    if (access(folder, F_OK) < 0)
        return error_set(error, -EINVAL,
                         "'%s' can't be looked up: %s is missing (install the package tzdata)", name, folder);
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    if (is_zone_file(path))
        return 0;
    return error_set(error, -EINVAL, "'%s' is not a time zone in %s (timedatectl list-timezones lists them)",
                     name, folder);
}
