/* Days of the week, times of the day and time zones, as a configuration names them. */
#ifndef WARMD_CONFIG_WEEK_H
#define WARMD_CONFIG_WEEK_H

#include "base/error.h"

#include <stdint.h>

enum {
    EVERY_DAY = 0x7f,
    DAY_S = 86400,
};

/* "Mon..Fri", "Mon,Wed,Fri", "Sat..Mon", "daily": English names, whole or three letters long, in any case.
 * Returns bits, Monday's the lowest. 0, or -EINVAL with why not. */
int days_parse(const char *text, uint8_t *ret_days, struct error *error);

/* "HH:MM" or "HH:MM:SS", up to "24:00", into seconds of the day. 0, or -EINVAL. */
int time_of_day_parse(const char *text, uint32_t *ret_s);

/* Whether NAME, such as "Europe/Berlin", is a time zone of this system: a file of the zoneinfo folder,
 * $TZDIR or /usr/share/zoneinfo. "UTC" always is. 0, or -EINVAL with why not; -ENOMEM. */
int timezone_check(const char *name, struct error *error);

#endif
