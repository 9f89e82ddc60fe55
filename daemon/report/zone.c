#include "report/zone.h"

#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* No zone changes its clocks twice in this time. */
#define STEP_S ((uint64_t)(7 * 24 * 3600))

static int32_t east_at(uint64_t at_s)
{
    struct tm local;
    time_t time = (time_t)at_s;
    return localtime_r(&time, &local) ? (int32_t)local.tm_gmtoff : 0;
}

/* The first second of (FROM_S, TO_S] with TO_S's offset, which FROM_S doesn't have. */
static uint64_t change_between(uint64_t from_s, uint64_t to_s)
{
    int32_t after = east_at(to_s);
    while (to_s - from_s > 1) {
        uint64_t middle = from_s + (to_s - from_s) / 2;
        if (east_at(middle) == after)
            to_s = middle;
        else
            from_s = middle;
    }
    return to_s;
}

size_t zone_offsets(uint64_t since_us, uint64_t until_us, struct zone_offset *offsets, size_t most)
{
    uint64_t at_s = since_us / US_PER_S, end_s = until_us / US_PER_S;
    size_t n = 0;
    offsets[n++] = (struct zone_offset){at_s, east_at(at_s)};
    while (at_s < end_s && n < most) {
        uint64_t next_s = at_s + STEP_S < end_s ? at_s + STEP_S : end_s;
        if (east_at(next_s) != offsets[n - 1].east_s) {
            offsets[n] = (struct zone_offset){change_between(at_s, next_s), east_at(next_s)};
            n++;
        }
        at_s = next_s;
    }
    return n;
}

/* The part of the zone file's path that is its name. */
static const char *name_in(const char *path)
{
    static const char folder[] = "/zoneinfo/";
    const char *found = strstr(path, folder);
    return found ? found + strlen(folder) : NULL;
}

void zone_name(uint64_t at_us, char name[ZONE_NAME_MAX])
{
    const char *variable = getenv("TZ");
    char path[PATH_MAX] = "";
    variable = variable ? variable + (variable[0] == ':') : "/etc/localtime";
    bool named =
        strchr(variable, '/') && !strchr(variable, ','); /* not a rule such as CET-1CEST,M3.5.0,M10.5.0/3 */
    const char *found = variable[0] == '/' ? name_in(variable) : named ? variable : NULL;
    if (!found && variable[0] == '/' && readlink(variable, path, sizeof path - 1) > 0)
        found = name_in(path);
    if (found && strlen(found) < ZONE_NAME_MAX) {
        snprintf(name, ZONE_NAME_MAX, "%s", found);
        return;
    }
    struct tm local;
    time_t time = (time_t)(at_us / US_PER_S);
    if (!localtime_r(&time, &local) || strftime(name, ZONE_NAME_MAX, "%Z", &local) == 0)
        snprintf(name, ZONE_NAME_MAX, "local time");
}
