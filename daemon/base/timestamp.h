/* Points in time as AWS and HTTP write them, in microseconds of CLOCK_REALTIME. Pure. */
#ifndef WARMD_BASE_TIMESTAMP_H
#define WARMD_BASE_TIMESTAMP_H

#include <stdint.h>

/* Reads an RFC 3339 time ("2026-01-31T08:00:00Z", "2026-01-31T09:00:00.5+01:00", also without the offset's
 * colon); times before 1970 become 1. -EINVAL: not a time, or no such day. */
int timestamp_parse(const char *text, uint64_t *ret_us);

/* The same without fraction, in UTC. */
enum { TIMESTAMP_TEXT_MAX = 32 };
const char *timestamp_format(uint64_t real_us, char text[TIMESTAMP_TEXT_MAX]);

/* Reads RFC 9110's IMF-fixdate ("Sun, 06 Nov 1994 08:49:37 GMT"). -EINVAL: not such a date, or before 1970.
 */
int timestamp_parse_http(const char *text, uint64_t *ret_us);

#endif
