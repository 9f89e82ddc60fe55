/* Days of the week and times of the day, as a window names them. Pure. */
#ifndef WARMD_PLAN_WEEK_H
#define WARMD_PLAN_WEEK_H

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

#endif
