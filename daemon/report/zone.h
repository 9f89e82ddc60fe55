/* The process's time zone during a period, for who shows times elsewhere. */
#ifndef WARMD_REPORT_ZONE_H
#define WARMD_REPORT_ZONE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

/* An offset from UTC, from FROM_S (seconds of CLOCK_REALTIME) on. */
struct zone_offset {
    uint64_t from_s;
    int32_t east_s;
};

enum { ZONE_NAME_MAX = 64 };

/* Fills OFFSETS with the offsets in force in [SINCE_US, UNTIL_US), at most MOST, the first from SINCE_US on.
 * Returns how many there are. */
size_t zone_offsets(uint64_t since_us, uint64_t until_us, struct zone_offset *offsets, size_t most);
/* "Europe/Berlin"; where the zone has no such name, its abbreviation at AT_US ("CET"). */
void zone_name(uint64_t at_us, char name[ZONE_NAME_MAX]);

#endif
