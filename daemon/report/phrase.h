/* Numbers, durations and times as people say them. Times are local ones. */
#ifndef WARMD_REPORT_PHRASE_H
#define WARMD_REPORT_PHRASE_H

#include "report/look.h"

#include <stdint.h>

enum { PHRASE_MAX = 64 };

/* All return TEXT. */

/* "112 ms", "1.2 s", "42 s", "6 min", "1 h 20 min", "2 days 3 h": as many digits as mean something. */
const char *phrase_duration(uint64_t duration_us, char text[PHRASE_MAX]);
/* "75–112 ms", "950 ms–1.2 s" */
const char *phrase_range(uint64_t from_us, uint64_t to_us, struct look look, char text[PHRASE_MAX]);
/* "99.4%", "99.97%", rounded down: "100%" is all and "0%" is nothing; a negative SHARE isn't known. */
const char *phrase_share(double share, struct look look, char text[PHRASE_MAX]);
/* "1 gap", "8,640 rounds": THING is one of them. */
const char *phrase_count(uint64_t n, const char *thing, char text[PHRASE_MAX]);
/* "$3.02"; a negative USD isn't known. */
const char *phrase_usd(double usd, struct look look, char text[PHRASE_MAX]);
/* As strftime formats AT_US; "?" for a year that has no name. */
const char *phrase_time(uint64_t at_us, const char *format, char text[PHRASE_MAX]);
/* Adds "2026-11-01 00:00 to 2026-12-01 00:00 CET", for wrapped_print. */
void add_period(struct text *line, uint64_t since_us, uint64_t until_us);

#endif
