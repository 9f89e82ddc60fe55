#include "service/upkeep.h"

#include "base/clock.h"
#include "telemetry/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A step ends after this time: other threads release rounds, but this one begins them. */
enum { STEP_US = 3000 };

enum { PACE_SHARE = 50, PACE_ACCURACY_US = 10000 };

static int on_pace(sd_event_source *timer, uint64_t due_us, void *context)
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
        sd_event_add_time(loop, &pace->timer, CLOCK_MONOTONIC, pace->after_us, PACE_ACCURACY_US, on_pace,
                          NULL);
    else if (sd_event_source_set_time(pace->timer, pace->after_us) >= 0)
        sd_event_source_set_enabled(pace->timer, SD_EVENT_ONESHOT);
    return false;
}

void pace_spent(struct pace *pace, uint64_t spent_us, uint64_t least_us)
{
    uint64_t pause_us = PACE_SHARE * spent_us;
    pace->after_us = clock_monotonic_us() + (pause_us > least_us ? pause_us : least_us);
}

void pace_close(struct pace *pace)
{
    sd_event_source_disable_unref(pace->timer);
    *pace = (struct pace){0};
}

void upkeep_open(struct upkeep *upkeep, sd_event *loop, const struct upkeep_kind *kind, void *context)
{
    *upkeep = (struct upkeep){.loop = loop, .kind = kind, .context = context};
}

void upkeep_changed(struct upkeep *upkeep)
{
    upkeep->changed = true;
}

void upkeep_restart(struct upkeep *upkeep)
{
    if (!upkeep->in_progress)
        return;
    replacement_drop(&upkeep->replacement);
    upkeep->in_progress = false;
    upkeep->changed = true;
}

void upkeep_use(struct upkeep *upkeep, const char *path)
{
    if (path && upkeep->path && strcmp(path, upkeep->path) == 0)
        return;
    upkeep_restart(upkeep);
    free(upkeep->path);
    upkeep->path = path ? strdup(path) : NULL;
    upkeep->written = upkeep->unwritable = false;
    upkeep->changed = true;
}

/* How long to leave the disk alone after a file of SIZE bytes. */
static uint64_t disk_pause_us(const struct upkeep *upkeep, off_t size)
{
    uint64_t per_s = upkeep->kind->bytes_per_s;
    return per_s && size > 0 ? (uint64_t)size * US_PER_S / per_s : 0;
}

static void conclude(struct upkeep *upkeep, int result)
{
    struct stat info = {0};
    if (result == 0)
        stat(upkeep->path, &info);
    else if (!upkeep->unwritable)
        event_say(upkeep->kind->event, LOG_WARNING, "cannot write %s: %s%s", upkeep->path, strerror(-result),
                  upkeep->kind->effect);
    upkeep->unwritable = result < 0;
    upkeep->written |= result == 0;
    upkeep->in_progress = false;
    pace_spent(&upkeep->pace, upkeep->spent_us, disk_pause_us(upkeep, info.st_size));
}

/* Prints until it is done, or UNTIL_US. */
static void work(struct upkeep *upkeep, uint64_t until_us)
{
    uint64_t begin_us = clock_monotonic_us(), now_us = begin_us;
    bool more = true;
    while (more && now_us < until_us) {
        more = upkeep->kind->print(upkeep->replacement.file, &upkeep->position, upkeep->context);
        now_us = clock_monotonic_us();
    }
    int result = more ? 0 : replacement_commit(&upkeep->replacement);
    upkeep->spent_us += clock_monotonic_us() - begin_us;
    if (!more)
        conclude(upkeep, result);
}

static bool begin(struct upkeep *upkeep)
{
    upkeep->changed = false;
    upkeep->position = 0;
    upkeep->spent_us = 0;
    int result = replacement_begin(&upkeep->replacement, upkeep->path, upkeep->kind->mode);
    upkeep->in_progress = result == 0;
    if (result < 0)
        conclude(upkeep, result);
    return result == 0;
}

static int on_step(sd_event_source *source, void *context)
{
    struct upkeep *upkeep = context;
    if (upkeep->in_progress)
        work(upkeep, clock_monotonic_us() + STEP_US);
    return upkeep->in_progress ? 0 : sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

/* Does the rest whenever there is nothing else to do. Without memory, does it now. */
static void go_on_later(struct upkeep *upkeep)
{
    int result = 0;
    if (!upkeep->step) {
        result = sd_event_add_defer(upkeep->loop, &upkeep->step, on_step, upkeep);
        if (result >= 0)
            result = sd_event_source_set_priority(upkeep->step, SD_EVENT_PRIORITY_IDLE);
    }
    if (result >= 0)
        result = sd_event_source_set_enabled(upkeep->step, SD_EVENT_ON);
    if (result < 0)
        work(upkeep, UINT64_MAX);
}

void upkeep_turn(struct upkeep *upkeep)
{
    if (!upkeep->path || !upkeep->changed || upkeep->in_progress)
        return;
    if (!pace_allows(&upkeep->pace, upkeep->loop))
        return;
    if (begin(upkeep))
        work(upkeep, clock_monotonic_us() + STEP_US);
    if (upkeep->in_progress)
        go_on_later(upkeep);
}

void upkeep_finish(struct upkeep *upkeep)
{
    if (!upkeep->path)
        return;
    upkeep_restart(upkeep);
    if (upkeep->changed && begin(upkeep))
        work(upkeep, UINT64_MAX);
}

void upkeep_close(struct upkeep *upkeep)
{
    upkeep_restart(upkeep);
    pace_close(&upkeep->pace);
    sd_event_source_disable_unref(upkeep->step);
    free(upkeep->path);
    *upkeep = (struct upkeep){0};
}
