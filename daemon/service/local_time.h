/* Notices that local time, which windows follow, is another than before: the system's clock was set, or its
 * time zone was changed (timedatectl set-timezone). Intervals don't care. */
#ifndef WARMD_SERVICE_LOCAL_TIME_H
#define WARMD_SERVICE_LOCAL_TIME_H

#include <stdint.h>
#include <systemd/sd-event.h>

struct local_time {
    void (*clock_set)(int64_t by_us, void *context); /* negative: back */
    void (*zone_changed)(void *context);             /* its file was replaced, written or removed */
    void *context;
    sd_event_source *clock; /* owns the descriptor */
    int64_t offset_us;      /* CLOCK_REALTIME minus CLOCK_BOOTTIME */
    sd_event_source *zone;
    char *zone_file; /* its name, within the folder that is watched */
};

/* Watches the clock, and the file that the process's time zone comes from (timezone_file), on LOOP, until
 * local_time_close. The callbacks and their context must be set. -errno: the clock can't be watched; if the
 * zone can't, that is logged. */
int local_time_watch(struct local_time *local, sd_event *loop);
void local_time_close(struct local_time *local);

#endif
