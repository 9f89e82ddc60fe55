/* Notices that the system's time zone was changed (timedatectl set-timezone): windows are local time. */
#ifndef WARMD_SERVICE_ZONE_WATCH_H
#define WARMD_SERVICE_ZONE_WATCH_H

#include <systemd/sd-event.h>

struct zone_watch {
    sd_event_source *source;
    char *name; /* of the file, within the folder that is watched */
    void (*changed)(void *context);
    void *context;
};

/* Watches the file that the process's time zone comes from (timezone_file) on LOOP, until zone_watch_close;
 * does nothing if there is none. CHANGED is called after the file was replaced, written or removed.
 * -errno. */
int zone_watch_open(struct zone_watch *watch, sd_event *loop, void (*changed)(void *context), void *context);
void zone_watch_close(struct zone_watch *watch);

#endif
