/* The status file in the runtime folder, kept in step with the keeper, and the verdict on the last reading of
 * the configuration beside it. */
#ifndef WARMD_COMMANDS_STATUS_FILE_H
#define WARMD_COMMANDS_STATUS_FILE_H

#include "commands/upkeep.h"
#include "telemetry/reading_json.h"

struct keeper;

struct status_file {
    struct upkeep file;
    bool claimed; /* the runtime folder is this daemon's */
    int lock_fd;
    char *reading_path;
    uint64_t started_us, loaded_us; /* CLOCK_REALTIME */
    struct reading reading;         /* of the configuration: the last one */
};

/* Claims the runtime folder for this daemon. Without such a folder nothing is written; that another daemon
 * has it is told. Before anything else; KEEPER has its loop. */
void status_file_open(struct keeper *keeper);
/* What became of reading the configuration is left for who asked for it; READING is the callee's. */
void status_file_note(struct keeper *keeper, struct reading *reading);
/* Removes it: nobody runs any more. */
void status_file_close(struct keeper *keeper);

#endif
