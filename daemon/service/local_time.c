#include "service/local_time.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/timezone.h"
#include "telemetry/journal.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <time.h>

/* A smaller jump is time synchronisation at work, and changes nothing. */
#define JUMP_LEAST_US ((int64_t)(2 * US_PER_S))

#define NEVER_S ((time_t)4102444800) /* the year 2100 */

static int64_t offset_us(void)
{
    return (int64_t)clock_real_us() - (int64_t)clock_boot_us();
}

/* Arms a timer that never expires, but is cancelled when the clock is set (timerfd_create(2)). */
static int arm(int fd)
{
    struct itimerspec never = {.it_value.tv_sec = NEVER_S};
    return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0 ? -errno : 0;
}

static int on_clock_set(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct local_time *local = context;
    uint64_t unused;
    (void)events;
    if (read(fd, &unused, sizeof unused) >= 0 || errno != ECANCELED)
        return sd_event_source_set_enabled(source, SD_EVENT_OFF); /* it has expired after all */
    int64_t now_us = offset_us(), by_us = now_us - local->offset_us;
    local->offset_us = now_us;
    if (by_us >= JUMP_LEAST_US || by_us <= -JUMP_LEAST_US)
        local->clock_set(by_us, local->context);
    return arm(fd);
}

static int watch_clock(struct local_time *local, sd_event *loop)
{
    CLEANUP_CLOSE int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    local->offset_us = offset_us();
    int result = arm(fd);
    if (result >= 0)
        result = sd_event_add_io(loop, &local->clock, fd, EPOLLIN, on_clock_set, local);
    if (result >= 0)
        result = sd_event_source_set_io_fd_own(local->clock, true);
    if (result >= 0)
        STEAL_FD(fd);
    return result;
}

/* The folder is watched, because a link is replaced by renaming another one over it, and its inode never
 * changes. */
static int on_zone_file(sd_event_source *source, const struct inotify_event *event, void *context)
{
    const struct local_time *local = context;
    (void)source;
    if (event->len && strcmp(event->name, local->zone_file) == 0)
        local->zone_changed(local->context);
    return 0;
}

static int watch_zone(struct local_time *local, sd_event *loop)
{
    const char *path = timezone_file(), *name = path ? strrchr(path, '/') + 1 : NULL;
    if (!path || !*name)
        return 0;
    CLEANUP_FREE char *folder = strndup(path, (size_t)(name - path));
    local->zone_file = strdup(name);
    if (!folder || !local->zone_file)
        return -ENOMEM;
    int result = sd_event_add_inotify(loop, &local->zone, folder,
                                      IN_ONLYDIR | IN_MOVED_TO | IN_CREATE | IN_CLOSE_WRITE | IN_DELETE,
                                      on_zone_file, local);
    return result < 0 && result != -ENOENT ? result : 0;
}

int local_time_watch(struct local_time *local, sd_event *loop)
{
    int result = watch_zone(local, loop);
    if (result < 0) /* a reload still finds the new one */
        event_say(EVENT_TIMEZONE, LOG_NOTICE,
                  "a change of the system's time zone will only be noticed at a reload: %s",
                  strerror(-result));
    result = watch_clock(local, loop);
    return result < 0 ? result : 0;
}

void local_time_close(struct local_time *local)
{
    sd_event_source_disable_unref(local->clock);
    sd_event_source_disable_unref(local->zone);
    free(local->zone_file);
    *local = (struct local_time){0};
}
