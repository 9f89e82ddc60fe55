/* The files that the daemon keeps in step with its fleet: what is to survive a restart, the metrics
 * (daemon.metrics_file), and the status in its runtime folder, with the verdict on the last reading of the
 * configuration beside it. */
#ifndef WARMD_SERVICE_FILES_H
#define WARMD_SERVICE_FILES_H

#include "service/fleet.h"
#include "service/upkeep.h"
#include "telemetry/status_json.h"

struct files {
    struct fleet *fleet;
    struct upkeep upkeeps[KEPT_FILES];
    int lock_fd; /* the runtime folder belongs to this daemon; negative: no status is written */
    char *reading_path;
    uint64_t started_us, loaded_us; /* CLOCK_REALTIME */
    struct reading reading;         /* of the configuration: the last one */
};

/* Reads what survived into FLEET; warns about a damaged file and sets it aside. Claims the runtime folder for
 * this daemon: without such a folder there is no status; if another daemon has it, that is logged. FILES must
 * stay where it is. -ENOMEM. Call it before the first fleet_adopt. */
int files_open(struct files *files, struct fleet *fleet);
/* The fleet is about to change: a file that is being printed has to be begun anew. */
void files_restart(struct files *files);
/* Writes those files that are out of date, begins to, or makes sure that this happens later. Call it after
 * each turn of the loop. */
void files_turn(struct files *files);
/* Leaves the result of reading the configuration for all who look at the files. Takes READING. */
void files_take_reading(struct files *files, struct reading *reading);
/* Writes for the last time what is to stay, and removes the rest. Allowed even if it was never opened. */
void files_close(struct files *files);

#endif
