#include "service/clock_watch.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>
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

static int on_set(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct clock_watch *watch = context;
    uint64_t unused;
    (void)events;
    if (read(fd, &unused, sizeof unused) >= 0 || errno != ECANCELED)
        return sd_event_source_set_enabled(source, SD_EVENT_OFF); /* it has expired after all */
    int64_t now_us = offset_us(), by_us = now_us - watch->offset_us;
    watch->offset_us = now_us;
    if (by_us >= JUMP_LEAST_US || by_us <= -JUMP_LEAST_US)
        watch->jumped(by_us, watch->context);
    return arm(fd);
}

int clock_watch_open(struct clock_watch *watch, sd_event *loop, clock_jumped jumped, void *context)
{
    CLEANUP_CLOSE int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    sd_event_source *source = NULL;
    int result = arm(fd);
    if (result >= 0)
        result = sd_event_add_io(loop, &source, fd, EPOLLIN, on_set, watch);
    if (result >= 0)
        result = sd_event_source_set_io_fd_own(source, true);
    if (result < 0) {
        sd_event_source_unref(source);
        return result;
    }
    STEAL_FD(fd);
    *watch = (struct clock_watch){
        .source = source, .offset_us = offset_us(), .jumped = jumped, .context = context};
    return 0;
}

void clock_watch_close(struct clock_watch *watch)
{
    sd_event_source_disable_unref(watch->source);
    *watch = (struct clock_watch){0};
}
