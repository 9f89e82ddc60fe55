/* The Date header of an answer. */
#ifndef WARMD_PROTOCOL_HTTP_DATE_H
#define WARMD_PROTOCOL_HTTP_DATE_H

#include <stdint.h>

/* Reads RFC 9110's IMF-fixdate ("Sun, 06 Nov 1994 08:49:37 GMT") into microseconds of CLOCK_REALTIME.
 * -EINVAL: not such a date, or before 1970. */
int http_date_parse(const char *text, uint64_t *ret_us);

#endif
