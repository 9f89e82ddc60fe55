/* Notices that the system's clock was set: windows are local time, intervals aren't. */
#ifndef WARMD_SERVICE_CLOCK_WATCH_H
#define WARMD_SERVICE_CLOCK_WATCH_H

#include <stdint.h>
#include <systemd/sd-event.h>

/* Receives by how much it was set; negative: back. */
typedef void (*clock_jumped)(int64_t by_us, void *context);

struct clock_watch {
    sd_event_source *source; /* owns the descriptor */
    int64_t offset_us;       /* CLOCK_REALTIME minus CLOCK_BOOTTIME */
    clock_jumped jumped;
    void *context;
};

/* Watches the clock on LOOP, until clock_watch_close. -errno. */
int clock_watch_open(struct clock_watch *watch, sd_event *loop, clock_jumped jumped, void *context);
void clock_watch_close(struct clock_watch *watch);

#endif
