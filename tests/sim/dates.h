/* Times as AWS and HTTP write them, all in UTC. */
#ifndef SIM_DATES_H
#define SIM_DATES_H

#include <stdbool.h>
#include <stdint.h>

enum { DATE_TEXT = 40 };

/* "2026-11-25T03:23:49.123Z" */
void date_rfc3339(char text[DATE_TEXT], int64_t ms);
/* "2026-11-25T03:23:49Z", as credentials have it. */
void date_seconds(char text[DATE_TEXT], int64_t ms);
/* "20261125T032349Z", as X-Amz-Date has it. */
void date_amz(char text[DATE_TEXT], int64_t ms);
bool date_parse_amz(const char *text, int64_t *ret_ms);
/* "Wed, 25 Nov 2026 03:23:49 GMT", as the Date header has it. */
void date_http(char text[DATE_TEXT], int64_t ms);

#endif
