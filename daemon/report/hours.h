/* When in the week instances started cold. */
#ifndef WARMD_REPORT_HOURS_H
#define WARMD_REPORT_HOURS_H

#include "report/look.h"
#include "report/report.h"

#include <stdio.h>

/* Prints a row for each weekday of the period, with a letter or two for each hour. */
void hours_print(FILE *out, const struct report *report, struct look look);

#endif
