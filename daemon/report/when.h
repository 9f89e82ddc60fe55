/* Points in time as people write them: systemd.time(7)'s words, and RFC 3339. Pure but for the process's time
 * zone. */
#ifndef WARMD_REPORT_WHEN_H
#define WARMD_REPORT_WHEN_H

#include <stdint.h>

/* Reads TEXT into microseconds of CLOCK_REALTIME: "now"; "today", "yesterday", "tomorrow" (their first
 * moment, or with a time of the day behind it, that); "-6h", "6h ago", "+1h", "1h left"; "@1793491200";
 * "2026-11-24 03:10:05.5", where the seconds, the time, or the date (then it is today) may be missing, also
 * with a T, with a weekday in front, which must be right, and with "UTC" or the zone's own name ("CET")
 * behind; "2026-11-24T03:10:00+01:00". Local times are in the process's zone; one that a change of clocks
 * leaves out is as much later. NOW_US is the present. Times before 1970 become 0, where they are
 * relative.
 * -EINVAL: it is no such text, or there is no such day. */
int when_parse(const char *text, uint64_t now_us, uint64_t *ret_us);

#endif
