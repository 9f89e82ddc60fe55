/* Single rounds and events of a report. */
#ifndef WARMD_REPORT_DETAILS_H
#define WARMD_REPORT_DETAILS_H

#include "report/look.h"
#include "report/sums.h"

#include <stdio.h>

/* Prints the worst rounds, each with the command that shows it. */
void worst_print(FILE *out, const struct report *report, const struct sums *sums, struct look look);
/* Prints how many events of each kind there were, and the last ones. */
void events_print(FILE *out, const struct report *report, struct look look);

#endif
