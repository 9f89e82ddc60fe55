/* The process's time zone, which local time follows. */
#ifndef WARMD_BASE_TIMEZONE_H
#define WARMD_BASE_TIMEZONE_H

#include <stdbool.h>

/* Makes NAME ("Europe/Berlin", or whatever tzset(3) takes) the process's zone; NULL: what $TZ was at the
 * first call, or the system's. -ENAMETOOLONG. The first call must come before any thread, because it sets the
 * environment; later ones overwrite the value in place, which other threads' getenv never looks at, and read
 * the zone's file again. Only the main thread may call it, and only there does local time mean anything. */
int timezone_use(const char *name);

/* The file that timezone_use(NULL) reads the zone from: /etc/localtime, or what $TZ names by an absolute
 * path. NULL: the zone comes from no such file. Call after the first timezone_use. */
const char *timezone_file(void);

#endif
