/* Names of time zones. */
#ifndef WARMD_CONFIG_ZONE_NAME_H
#define WARMD_CONFIG_ZONE_NAME_H

#include "base/error.h"

/* Whether NAME, such as "Europe/Berlin", is a time zone of this system: a file of the zoneinfo folder,
 * $TZDIR or /usr/share/zoneinfo. "UTC" always is. 0, or -EINVAL with why not; -ENOMEM. */
int timezone_check(const char *name, struct error *error);

#endif
