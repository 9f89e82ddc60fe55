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

/* Call it before anything else; KEEPER must have its loop. */
void publish_open(struct keeper *keeper);
/* Starts counting for the enabled endpoints of PLAN. -ENOMEM. */
int publish_adopt(struct publisher *publisher, const struct plan *plan);
/* Writes the metrics of KEEPER, if they have changed and its plan names a file: NOW, or when it is time
 * (commands/upkeep.h). A file that was written before and is no longer named is removed: its figures would
 * stand still, and would be collected twice if the new file lies beside it. */
void publish(struct keeper *keeper, bool now);
void publisher_free(struct publisher *publisher);

#endif
