/* The status file in the runtime folder, kept in step with the fleet, and the verdict on the last reading of
 * the configuration beside it. */
#ifndef WARMD_SERVICE_STATUS_FILE_H
#define WARMD_SERVICE_STATUS_FILE_H

#include "service/upkeep.h"
#include "telemetry/reading_json.h"

struct fleet;

struct status_file {
    struct upkeep file;
    bool claimed; /* the runtime folder belongs to this daemon */
    int lock_fd;
    char *reading_path;
    uint64_t started_us, loaded_us; /* CLOCK_REALTIME */
    struct reading reading;         /* of the configuration: the last one */
};

/* Claims the runtime folder for this daemon. Without such a folder nothing is written; if another daemon has
 * it, that is logged. Call it before anything else; FLEET must have its loop. */
void status_file_open(struct fleet *fleet);
/* Leaves the result of reading the configuration for whoever asked for it. Takes READING. */
void status_file_note(struct fleet *fleet, struct reading *reading);
/* Removes it, because the daemon ends. */
void status_file_close(struct fleet *fleet);

#endif
