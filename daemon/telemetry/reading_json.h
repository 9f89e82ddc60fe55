/* What became of the last reading of the configuration: the daemon leaves it in its runtime folder, for
 * whoever has asked it to reload. */
#ifndef WARMD_TELEMETRY_READING_JSON_H
#define WARMD_TELEMETRY_READING_JSON_H

#include "base/error.h"
#include "plan/mistakes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reading {
    uint64_t begun_us; /* CLOCK_MONOTONIC, before the file was opened: it answers all that asked before */
    uint64_t real_us;  /* CLOCK_REALTIME then */
    bool accepted;     /* it is in force */
    char *file;
    size_t endpoints; /* that are enabled, and their instances, where it is in force */
    uint64_t instances;
    char **messages; /* "FILE:LINE: message", mistakes before warnings */
    size_t n_messages;
};

/* Takes the MISTAKES into READING. What there is no memory for is left out. */
void reading_take_messages(struct reading *reading, const struct mistakes *mistakes);
/* The first mistake of one that was rejected, which READING owns; NULL: there is none. */
const char *reading_problem(const struct reading *reading);
void reading_free(struct reading *reading);

/* Leaves it as PATH, replaced as a whole, for everyone to read. -errno. */
int reading_write(const char *path, const struct reading *reading);
/* -ENOENT: there is none; -EBADMSG: it is not one of ours; or -errno. */
int reading_load(const char *path, struct reading *ret_reading);

#endif
