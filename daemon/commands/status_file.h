/* The status file in the runtime folder, kept in step with the keeper, and the verdict on the last reading of
 * the configuration beside it. */
#ifndef WARMD_COMMANDS_STATUS_FILE_H
#define WARMD_COMMANDS_STATUS_FILE_H

#include "commands/upkeep.h"
#include "telemetry/reading_json.h"

struct keeper;

struct status_file {
    struct upkeep file;
    bool claimed; /* the runtime folder belongs to this daemon */
    int lock_fd;
    char *reading_path;
    uint64_t started_us, loaded_us; /* CLOCK_REALTIME */
    struct reading reading;         /* of the configuration: the last one */
};

/* Claims the runtime folder for this daemon. Without such a folder nothing is written; if another daemon has
 * it, that is logged. Call it before anything else; KEEPER must have its loop. */
void status_file_open(struct keeper *keeper);
/* Leaves the result of reading the configuration for whoever asked for it. Takes READING. */
void status_file_note(struct keeper *keeper, struct reading *reading);
/* Removes it, because the daemon ends. */
void status_file_close(struct keeper *keeper);

#endif
