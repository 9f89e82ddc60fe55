#include "base/duration.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct unit {
    const char *names; /* each followed by a blank */
    uint64_t us;
};

#define US_PER_MONTH (UINT64_C(2629800) * US_PER_S) /* 30.4375 days, as systemd counts */
#define US_PER_YEAR (UINT64_C(31557600) * US_PER_S) /* 365.25 days */

/* The first is meant where none is given. The micro sign and the Greek letter mu look the same, and people
 * type both. */
static const struct unit units[] = {
    {"s sec second seconds ", US_PER_S}, {"m min minute minutes ", US_PER_MINUTE},
    {"h hr hour hours ", US_PER_HOUR},   {"d day days ", US_PER_DAY},
    {"w week weeks ", 7 * US_PER_DAY},   {"M month months ", US_PER_MONTH},
    {"y year years ", US_PER_YEAR},      {"ms msec ", US_PER_MS},
    {"us usec \xc2\xb5s \xce\xbcs ", 1},
};

static const struct unit shown_units[] = {
    {"d", US_PER_DAY}, {"h", US_PER_HOUR}, {"min", US_PER_MINUTE},
    {"s", US_PER_S},   {"ms", US_PER_MS},  {"us", 1},
};

static const char blanks[] = " \t\n\r";

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool has_name(const struct unit *unit, const char *name, size_t length)
{
    for (const char *at = unit->names; *at; at += strcspn(at, " ") + 1)
        if (strcspn(at, " ") == length && memcmp(at, name, length) == 0)
            return true;
    return false;
}

/* The unit at *AT, which moves past it; seconds if there is none. NULL: an unknown unit. */
static const struct unit *take_unit(const char **at)
{
    *at += strspn(*at, blanks);
    const char *name = *at;
    size_t length = strcspn(name, " \t\n\r0123456789.");
    *at += length;
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (length == 0 || has_name(&units[i], name, length))
            return &units[i];
    return NULL;
}

/* "1", "2.5" or ".5" with its unit; digits beyond a microsecond are dropped. */
static int take_term(const char **at, uint64_t *ret_us)
{
    const char *whole = *at, *fraction = NULL;
    size_t whole_digits = strspn(whole, "0123456789"), fraction_digits = 0;
    *at += whole_digits;
    if (**at == '.') {
        fraction = *at + 1;
        fraction_digits = strspn(fraction, "0123456789");
        *at = fraction + fraction_digits;
    }
    if ((fraction || whole_digits == 0) && fraction_digits == 0)
        return -EINVAL;
    const struct unit *unit = **at == '.' ? NULL : take_unit(at);
    if (!unit)
        return -EINVAL;
    uint64_t us = 0;
    for (size_t i = 0; i < whole_digits; i++)
        if (__builtin_mul_overflow(us, 10U, &us) ||
            __builtin_add_overflow(us, (uint64_t)(whole[i] - '0'), &us))
            return -ERANGE;
    if (__builtin_mul_overflow(us, unit->us, &us))
        return -ERANGE;
    uint64_t scale = unit->us;
    for (size_t i = 0; i < fraction_digits && scale > 0; i++) {
        scale /= 10;
        if (__builtin_add_overflow(us, scale * (uint64_t)(fraction[i] - '0'), &us))
            return -ERANGE;
    }
    *ret_us = us;
    return 0;
}

int duration_parse(const char *text, uint64_t *ret_us)
{
    uint64_t total = 0;
    const char *at = text + strspn(text, blanks);
    if (*at == '\0')
        return -EINVAL;
    while (*at) {
        uint64_t term = 0;
        if (!is_digit(*at) && *at != '.')
            return -EINVAL;
        int result = take_term(&at, &term);
        if (result < 0)
            return result;
        if (__builtin_add_overflow(total, term, &total))
            return -ERANGE;
        at += strspn(at, blanks);
    }
    *ret_us = total;
    return 0;
}

const char *duration_format(uint64_t duration_us, char buffer[DURATION_TEXT_MAX])
{
    size_t used = 0;
    snprintf(buffer, DURATION_TEXT_MAX, "0");
    for (size_t i = 0; i < COUNT_OF(shown_units) && duration_us > 0; i++) {
        uint64_t count = duration_us / shown_units[i].us;
        duration_us %= shown_units[i].us;
        if (count > 0) /* six units of at most 9, 2, 2, 2, 3 and 3 digits: always fits */
            used += (size_t)snprintf(buffer + used, DURATION_TEXT_MAX - used, "%s%llu%s", used ? " " : "",
                                     (unsigned long long)count, shown_units[i].names);
    }
    return buffer;
}
