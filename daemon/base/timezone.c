#include "base/timezone.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Where systemd and the C library find the system's zone. */
static const char system_zone[] = ":/etc/localtime";

/* $TZ at the first call, or the system's zone. */
static char at_start[PATH_MAX + 1];

int timezone_use(const char *name)
{
    /* Part of the environment from the first call on. */
    static char variable[sizeof "TZ=" + PATH_MAX] = "TZ=";
    static bool begun;
    char *value = variable + strlen("TZ=");
    const size_t room = sizeof variable - strlen("TZ=");
    if (!begun) {
        const char *given = getenv("TZ");
        if (given && strlen(given) > PATH_MAX)
            return -ENAMETOOLONG;
        snprintf(at_start, sizeof at_start, "%s", given ? given : system_zone);
    }
    if (name && strlen(name) > PATH_MAX)
        return -ENAMETOOLONG;
    if (!begun && putenv(variable) != 0)
        return -errno;
    begun = true;
    /* tzset reads a zone of the same name again only after another one. */
    snprintf(value, room, "UTC0");
    tzset();
    snprintf(value, room, "%s", name ? name : at_start);
    tzset();
    return 0;
}

const char *timezone_file(void)
{
    const char *path = at_start + (at_start[0] == ':');
    return path[0] == '/' ? path : NULL;
}

int64_t timezone_offset_s(int64_t at_s)
{
    time_t seconds = (time_t)at_s;
    struct tm local;
    return localtime_r(&seconds, &local) ? local.tm_gmtoff : 0;
}

int64_t timezone_change_s(int64_t from_s, int64_t to_s)
{
    int64_t after_s = timezone_offset_s(to_s);
    while (to_s - from_s > 1) {
        int64_t middle_s = from_s + (to_s - from_s) / 2;
        if (timezone_offset_s(middle_s) == after_s)
            to_s = middle_s;
        else
            from_s = middle_s;
    }
    return to_s;
}
