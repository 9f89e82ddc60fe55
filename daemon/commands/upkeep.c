#include "commands/upkeep.h"

#include "base/clock.h"
#include "telemetry/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    SHARE = 50,     /* of the loop's time, one part in so many goes into each file */
    STEP_US = 3000, /* a step ends after so long; rounds are released by other threads, but begun by this */
    ACCURACY_US = 10000,
};

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

/* How long to wait after a file of SIZE bytes that took SPENT_US. */
static uint64_t pause_us(const struct upkeep *upkeep, off_t size)
{
    uint64_t pause_us = SHARE * upkeep->spent_us, per_s = upkeep->kind->bytes_per_s;
    uint64_t disk_us = per_s && size > 0 ? (uint64_t)size * US_PER_S / per_s : 0;
    return disk_us > pause_us ? disk_us : pause_us;
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
    upkeep->after_us = clock_monotonic_us() + pause_us(upkeep, info.st_size);
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

/* The rest comes whenever nothing else is to be done. Without memory it comes now. */
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

static int on_due(sd_event_source *timer, uint64_t due_us, void *context)
{
    (void)timer, (void)due_us;
    upkeep_turn(context);
    return 0;
}

/* In case nothing else wakes the loop up. Without a timer the next turn will do. */
static void wait_for_its_time(struct upkeep *upkeep)
{
    if (!upkeep->timer)
        sd_event_add_time(upkeep->loop, &upkeep->timer, CLOCK_MONOTONIC, upkeep->after_us, ACCURACY_US,
                          on_due, upkeep);
    else if (sd_event_source_set_time(upkeep->timer, upkeep->after_us) >= 0)
        sd_event_source_set_enabled(upkeep->timer, SD_EVENT_ONESHOT);
}

void upkeep_turn(struct upkeep *upkeep)
{
    if (!upkeep->path || !upkeep->changed || upkeep->in_progress)
        return;
    uint64_t now_us = clock_monotonic_us();
    if (now_us < upkeep->after_us) {
        wait_for_its_time(upkeep);
        return;
    }
    if (begin(upkeep))
        work(upkeep, now_us + STEP_US);
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
    sd_event_source_disable_unref(upkeep->timer);
    sd_event_source_disable_unref(upkeep->step);
    free(upkeep->path);
    *upkeep = (struct upkeep){0};
}
