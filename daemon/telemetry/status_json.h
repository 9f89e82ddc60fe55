/* What a running daemon leaves in its runtime folder: status.json, for `lambda-warmd status`, says how it and
 * its endpoints are (lambda-warmd(8) documents the format); configuration.json, for `lambda-warmd reload`, is
 * the result of the last reading of the configuration. */
#ifndef WARMD_TELEMETRY_STATUS_JSON_H
#define WARMD_TELEMETRY_STATUS_JSON_H

#include "decide/condition.h"
#include "plan/mistakes.h"

#include <stdio.h>
#include <sys/types.h>

enum {
    STATUS_MODE = 0644, /* for everyone */
    STATUS_PART = 12,   /* endpoints that are printed at a time */
};

/* One endpoint. Times are CLOCK_REALTIME; 0: never, or not known. */
struct status_row {
    char *name;
    enum condition condition;
    uint64_t since_us; /* of CONDITION_FAILING */
    uint64_t until_us; /* of one that is resting, throttled or out of budget; 0: for good, or not known */
    uint32_t target, warm;
    uint64_t last_us, next_us; /* when the last round began, and when the next one will */
    uint64_t interval_us, hold_us;
    double usd;        /* in this month */
    double budget_usd; /* 0: none */
};

/* The daemon as a whole. */
struct status_head {
    pid_t pid;
    uint64_t started_us;  /* CLOCK_REALTIME, as all times here */
    char *file;           /* the configuration */
    uint64_t loaded_us;   /* when the one that is in force was read */
    uint64_t rejected_us; /* when the one that was read last was rejected; 0: it is in force */
    char *rejected;       /* why */
};

struct status {
    char *version; /* of the program */
    struct status_head head;
    uint64_t written_us;
    struct status_row *rows;
    size_t n_rows;
};

/* The three parts of the file. FIRST: it is the first row. COUNTS: endpoints by condition. */
void status_print_head(FILE *file, const struct status_head *head);
void status_print_row(FILE *file, const struct status_row *row, bool first);
void status_print_end(FILE *file, const size_t counts[CONDITIONS], uint64_t now_real_us);

/* -ENOENT: there is no PATH; -EBADMSG: it isn't a status of this version; or -errno. RET_TEXT is the JSON as
 * it was read. */
int status_load(const char *path, struct status *ret_status, char **ret_text);
void status_free(struct status *status);

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
