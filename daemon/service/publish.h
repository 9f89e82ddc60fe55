/* The metrics file (daemon.metrics_file): kept in step with what the fleet counts. */
#ifndef WARMD_SERVICE_PUBLISH_H
#define WARMD_SERVICE_PUBLISH_H

#include "service/upkeep.h"
#include "telemetry/metrics.h"

struct fleet;

struct publisher {
    struct metrics metrics; /* counted whether or not they are written: a reload may ask for them */
    struct upkeep file;
};

/* Call it before anything else; FLEET must have its loop. */
void publish_open(struct fleet *fleet);
/* Starts counting for the enabled endpoints of PLAN. -ENOMEM. */
int publish_adopt(struct publisher *publisher, const struct plan *plan);
/* Writes the metrics of FLEET, if they have changed and its plan names a file: NOW, or when it is time
 * (service/upkeep.h). A file that was written before and is no longer named is removed: its figures would
 * stand still, and would be collected twice if the new file lies beside it. */
void publish(struct fleet *fleet, bool now);
void publisher_free(struct publisher *publisher);

#endif
