/* A report for people, in plain text. */
#ifndef WARMD_REPORT_TERMINAL_H
#define WARMD_REPORT_TERMINAL_H

#include "report/look.h"
#include "report/report.h"

#include <stdio.h>

/* Prints a finished REPORT: a sentence, each endpoint's picture of the period and figures, cold starts by
 * hour and weekday, the worst rounds, and the last events. No line is longer than look.columns, except for
 * commands to copy. */
void report_print(const struct report *report, FILE *out, struct look look);
/* Prints one line for a status bar. */
void report_print_oneline(const struct report *report, FILE *out, struct look look);

#endif
