/* The process's time zone, which local time follows. */
#ifndef WARMD_BASE_TIMEZONE_H
#define WARMD_BASE_TIMEZONE_H

#include <stdint.h>

/* Makes NAME ("Europe/Berlin", or whatever tzset(3) takes) the process's zone; NULL: what $TZ was at the
 * first call, or the system's. -ENAMETOOLONG. The first call must come before any thread, because it sets the
 * environment; later ones overwrite the value in place, which other threads' getenv never looks at, and read
 * the zone's file again. Only the main thread may call it, and only there does local time mean anything. */
int timezone_use(const char *name);

/* The file that timezone_use(NULL) reads the zone from: /etc/localtime, or what $TZ names by an absolute
 * path. NULL: the zone comes from no such file. Call after the first timezone_use. */
const char *timezone_file(void);

/* The zone's offset from UTC at AT_S (seconds of CLOCK_REALTIME), in seconds to the east; 0 where that can't
 * be told. */
int64_t timezone_offset_s(int64_t at_s);
/* The first second of (FROM_S, TO_S] from which on the zone has the offset of TO_S, if that of FROM_S is
 * another one and changes once. */
int64_t timezone_change_s(int64_t from_s, int64_t to_s);

#endif
