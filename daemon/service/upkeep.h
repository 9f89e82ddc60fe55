/* Upkeep: a file that is kept in step with what changes, such as the state or the metrics, and the one rule
 * for when it is written.
 *
 * What changed in one turn of the event loop is written together, at the end of the turn. A small file is
 * written there and then. A large one is written in steps of a few milliseconds, each of which waits until
 * nothing else is due, and replaces the old one when it is whole. A pause follows each file, whose length
 * depends on the time that it took (its pace) and on the work for the disk. */
#ifndef WARMD_SERVICE_UPKEEP_H
#define WARMD_SERVICE_UPKEEP_H

#include "base/file.h"
#include "telemetry/journal.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/* How often the loop repeats work that others look at, such as writing a file or sending systemd the status.
 * Work that takes longer is repeated less often: each kind gets at most a fiftieth of the loop's time.
 * Zero-initialised: it may be done now. */
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

/* What is the same for all files of a kind. */
struct upkeep_kind {
    mode_t mode;
    uint64_t bytes_per_s; /* most that is written on average; 0: no limit */
    /* Prints the next part to FILE, about a dozen lines at a time. *POSITION is 0 at first, and after that
     * whatever print set it to. False: that was the last part. */
    bool (*print)(FILE *file, size_t *position, void *context);
    /* A file that can't be written is logged once, until it can be again: "cannot write PATH: WHY" and
     * EFFECT. */
    enum event_kind event;
    const char *effect;
};

struct upkeep {
    sd_event *loop;
    const struct upkeep_kind *kind;
    void *context;
    char *path; /* NULL: none is written */
    bool changed;
    bool written;    /* under this path */
    bool unwritable; /* logged already */
    struct replacement replacement;
    bool in_progress;
    size_t position;
    uint64_t spent_us; /* in the steps so far */
    struct pace pace;
    sd_event_source *step;
};

/* CONTEXT is print's. The loop and KIND must outlive UPKEEP, which must stay where it is. */
void upkeep_open(struct upkeep *upkeep, sd_event *loop, const struct upkeep_kind *kind, void *context);
/* From now on it is written as PATH; NULL: nowhere. A file that was written under another path stays. */
void upkeep_use(struct upkeep *upkeep, const char *path);
/* What it shows has changed. */
void upkeep_changed(struct upkeep *upkeep);
/* What print goes through was reordered, or is gone: what was written so far is useless. */
void upkeep_restart(struct upkeep *upkeep);
/* Call it at the end of each turn of the loop: writes the file, begins to, or makes sure that this happens
 * later. */
void upkeep_turn(struct upkeep *upkeep);
/* Writes it now, as a whole, if it isn't up to date. */
void upkeep_finish(struct upkeep *upkeep);
/* Doesn't write. Allowed even if it was never opened. */
void upkeep_close(struct upkeep *upkeep);

#endif
