/* The metrics file (daemon.metrics_file): kept in step with what the keeper counts. */
#ifndef WARMD_COMMANDS_PUBLISH_H
#define WARMD_COMMANDS_PUBLISH_H

#include "commands/upkeep.h"
#include "telemetry/metrics.h"

struct keeper;

struct publisher {
    struct metrics metrics; /* counted whether or not they are written: a reload may ask for them */
    struct upkeep file;
};

/* Before anything else; KEEPER has its loop. */
void publish_open(struct keeper *keeper);
/* Begins to count for the endpoints of PLAN that are enabled. -ENOMEM. */
int publish_adopt(struct publisher *publisher, const struct plan *plan);
/* Writes the metrics of KEEPER, if they have changed and its plan names a file: NOW, or when it is time
 * (commands/upkeep.h). A file that was written before and is not named any more is removed: its figures would
 * stand still, and be collected twice where the other lies beside it. */
void publish(struct keeper *keeper, bool now);
void publisher_free(struct publisher *publisher);

#endif
