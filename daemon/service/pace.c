#include "service/pace.h"

#include "base/clock.h"

enum { SHARE = 50, ACCURACY_US = 10000 };

static int on_due(sd_event_source *timer, uint64_t due_us, void *context)
{
    (void)timer, (void)due_us, (void)context;
    return 0; /* waking the loop is all that this timer is for */
}

bool pace_allows(struct pace *pace, sd_event *loop)
{
    if (clock_monotonic_us() >= pace->after_us)
        return true;
    /* Without a timer the next turn will do. */
    if (!pace->timer)
        sd_event_add_time(loop, &pace->timer, CLOCK_MONOTONIC, pace->after_us, ACCURACY_US, on_due, NULL);
    else if (sd_event_source_set_time(pace->timer, pace->after_us) >= 0)
        sd_event_source_set_enabled(pace->timer, SD_EVENT_ONESHOT);
    return false;
}

void pace_spent(struct pace *pace, uint64_t spent_us, uint64_t least_us)
{
    uint64_t pause_us = SHARE * spent_us;
    pace->after_us = clock_monotonic_us() + (pause_us > least_us ? pause_us : least_us);
}

void pace_close(struct pace *pace)
{
    sd_event_source_disable_unref(pace->timer);
    *pace = (struct pace){0};
}
