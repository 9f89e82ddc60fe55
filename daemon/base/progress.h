/* A line on a terminal that says how far something is. It is rewritten in place while that lasts, and gone
 * when it is over. Where there is no terminal, nothing is ever written. */
#ifndef WARMD_BASE_PROGRESS_H
#define WARMD_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { PROGRESS_LINE_MAX = 256 };

/* Belongs to one thread, and there is one at a time: Ctrl-C erases it, too. */
struct progress {
    FILE *out;                    /* NULL: there is nobody to show it to */
    uint64_t due_us;              /* CLOCK_MONOTONIC: what is over before that is not shown */
    char line[PROGRESS_LINE_MAX]; /* as it is shown; "": it isn't */
};

/* Shows progress on OUT if that and RESULTS, where the results will go, are terminals, and OUT can move its
 * cursor. The first line is due after 100 ms. While steps are traced (base/trace.h), there is none. */
struct progress progress_begin(FILE *out, FILE *results);
/* Whether a new line may be shown now. At most ten times a second, so ask before you count. */
bool progress_is_due(const struct progress *progress);
/* How long poll may wait for the next line to be due; -1: forever, because there is none. */
int progress_wait_ms(const struct progress *progress);
/* Shows "SUBJECT: …", both in ASCII, if it is due, and the terminal takes it and isn't another job's now.
 * What is too wide for the terminal loses part of SUBJECT first. */
void progress_show(struct progress *progress, const char *subject, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Now isn't the time to show anything: the next line is due in 100 ms. */
void progress_postpone(struct progress *progress);
/* Erases the line: call it before anything else is printed. A later progress_show shows it again. */
void progress_hide(struct progress *progress);

#define CLEANUP_PROGRESS __attribute__((cleanup(progress_hide)))

/* Writes "SUBJECT: STATE" into LINE so that it takes at most COLUMNS. Pure. */
void progress_fit(char line[PROGRESS_LINE_MAX], const char *subject, const char *state, size_t columns);

#endif
