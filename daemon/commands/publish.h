/* The metrics file (daemon.metrics_file): kept in step with what the keeper counts. */
#ifndef WARMD_COMMANDS_PUBLISH_H
#define WARMD_COMMANDS_PUBLISH_H

#include "telemetry/metrics.h"

struct keeper;

struct publisher {
    struct metrics metrics; /* counted whether or not they are written: a reload may ask for them */
    char *path;             /* as of the last attempt to write them */
    bool written;           /* it is ours */
    bool changed;           /* since it was written */
    bool unwritable;        /* said already */
};

/* Begins to count for the endpoints of PLAN that are enabled. -ENOMEM. */
int publish_adopt(struct publisher *publisher, const struct plan *plan);
/* Writes the metrics of KEEPER, if they have changed and its plan names a file. Says once that it can't be
 * done, until it can. A file that was written before and is not named any more is removed: its figures would
 * stand still, and be collected twice where the other lies beside it. */
void publish(struct keeper *keeper);
void publisher_free(struct publisher *publisher);

#endif
