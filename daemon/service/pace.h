/* Pace: how often the event loop repeats work that others look at, such as writing a file or sending systemd
 * the status. Work that takes longer is repeated less often: each kind gets at most a fiftieth of the loop's
 * time. */
#ifndef WARMD_SERVICE_PACE_H
#define WARMD_SERVICE_PACE_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/* Zero-initialised: it may be done now. */
struct pace {
    uint64_t after_us; /* CLOCK_MONOTONIC */
    sd_event_source *timer;
};

/* Whether it may be done now; if not, LOOP wakes up when it may, and the caller asks again at the end of that
 * turn. */
bool pace_allows(struct pace *pace, sd_event *loop);
/* It was done, and took SPENT_US. The next time is not before LEAST_US from now. */
void pace_spent(struct pace *pace, uint64_t spent_us, uint64_t least_us);
void pace_close(struct pace *pace);

#endif
