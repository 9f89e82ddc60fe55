/* The endpoints of a report: a picture and figures of each. */
#ifndef WARMD_REPORT_ROWS_H
#define WARMD_REPORT_ROWS_H

#include "report/look.h"
#include "report/sums.h"

#include <stdio.h>

/* Prints a row for each endpoint with everything in it; if the columns don't suffice, one with its picture,
 * and below all of these another with its figures. */
void rows_print(FILE *out, const struct report *report, const struct sums *sums, struct look look);

#endif
