#include "report/zone.h"

#include "base/clock.h"
#include "base/timezone.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* No zone changes its clocks twice in this time. */
#define STEP_S ((uint64_t)(7 * 24 * 3600))

size_t zone_offsets(uint64_t since_us, uint64_t until_us, struct zone_offset *offsets, size_t most)
{
    uint64_t at_s = since_us / US_PER_S, end_s = until_us / US_PER_S;
    size_t n = 0;
    offsets[n++] = (struct zone_offset){at_s, (int32_t)timezone_offset_s((int64_t)at_s)};
    while (at_s < end_s && n < most) {
        uint64_t next_s = at_s + STEP_S < end_s ? at_s + STEP_S : end_s;
        int32_t east_s = (int32_t)timezone_offset_s((int64_t)next_s);
        if (east_s != offsets[n - 1].east_s) {
            uint64_t change_s = (uint64_t)timezone_change_s((int64_t)at_s, (int64_t)next_s);
            offsets[n++] = (struct zone_offset){change_s, east_s};
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
