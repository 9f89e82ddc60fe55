/* Durations in systemd.time(7)'s spelling. */
#ifndef WARMD_BASE_DURATION_H
#define WARMD_BASE_DURATION_H

#include <stdint.h>

/* Parses "5min", "1h 30min", "75ms", "2.5s", "90" (seconds) into microseconds. Units as systemd.time(7): us
 * usec µs, ms msec, s sec second seconds, m min minute minutes, h hr hour hours, d day days, w week weeks, M
 * month months, y year years. -EINVAL: not a duration (empty, unknown unit, negative). -ERANGE: does not fit.
 */
int duration_parse(const char *text, uint64_t *ret_us);

/* Writes the shortest exact spelling ("5min", "1h 30min", "75ms", "0") into BUFFER. */
#define DURATION_TEXT_MAX 96
const char *duration_format(uint64_t duration_us, char buffer[DURATION_TEXT_MAX]);

#endif
