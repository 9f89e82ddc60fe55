/* The result of the last reading of the configuration. The daemon leaves it in its runtime folder for whoever
 * asked it to reload. */
#ifndef WARMD_TELEMETRY_READING_JSON_H
#define WARMD_TELEMETRY_READING_JSON_H

#include "base/error.h"
#include "plan/mistakes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reading {
    uint64_t begun_us; /* CLOCK_MONOTONIC, before the file was opened: it answers everyone who asked before */
    uint64_t real_us;  /* CLOCK_REALTIME then */
    bool accepted;     /* it is in force */
    char *file;
    size_t endpoints; /* enabled ones, and their instances, if it is in force */
    uint64_t instances;
    char **messages; /* "FILE:LINE: message", mistakes before warnings */
    size_t n_messages;
};

/* Adds the MISTAKES to READING. Those that there is no memory for are left out. */
void reading_take_messages(struct reading *reading, const struct mistakes *mistakes);
/* The first mistake of a rejected configuration, owned by READING; NULL: there is none. */
const char *reading_problem(const struct reading *reading);
void reading_free(struct reading *reading);

/* Writes it to PATH, replaced as a whole and readable by everyone. -errno. */
int reading_write(const char *path, const struct reading *reading);
/* -ENOENT: there is none; -EBADMSG: it is not one of ours; or -errno. */
int reading_load(const char *path, struct reading *ret_reading);

#endif
