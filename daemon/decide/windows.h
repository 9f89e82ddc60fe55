/* Windows: how many instances are wanted at a time of the week, in local time. Pure but for the process's
 * time zone (base/timezone.h), so for the main thread only. */
#ifndef WARMD_DECIDE_WINDOWS_H
#define WARMD_DECIDE_WINDOWS_H

#include "plan/plan.h"

/* What is wanted from an instant on. */
struct window_state {
    uint32_t warm;
    uint64_t changes_real_us; /* CLOCK_REALTIME at which `warm` changes; UINT64_MAX: never */
};

/* The state at NOW_REAL_US (CLOCK_REALTIME). The largest `warm` of the windows that are open then, or the
 * endpoint's own outside of them all; 0: it is resting.
 *
 * A window is open from `lead` before its `from` until its `to`, on its days or, if `to` isn't after `from`,
 * into the day after. A time that daylight saving skips means the moment after the gap, as in
 * systemd.timer(5); if a time comes twice, the window covers both. */
struct window_state windows_at(const struct endpoint *endpoint, uint64_t now_real_us);

#endif
