/* Points in time as AWS writes them. */
#ifndef WARMD_AWS_TIMESTAMP_H
#define WARMD_AWS_TIMESTAMP_H

#include <stdint.h>

/* Reads an RFC 3339 time ("2026-01-31T08:00:00Z", "2026-01-31T09:00:00.5+01:00", also without the offset's
 * colon) into microseconds of CLOCK_REALTIME; times before 1970 become 1. -EINVAL: not a time, or no such
 * day. */
int timestamp_parse(const char *text, uint64_t *ret_us);

/* The same without fraction, in UTC. */
enum { TIMESTAMP_TEXT_MAX = 32 };
const char *timestamp_format(uint64_t real_us, char text[TIMESTAMP_TEXT_MAX]);

#endif
