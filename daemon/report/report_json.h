/* A report for programs. */
#ifndef WARMD_REPORT_REPORT_JSON_H
#define WARMD_REPORT_REPORT_JSON_H

#include "report/report.h"

#include <stdio.h>

/* Prints a finished REPORT as one line of JSON, whose members are in lambda-warmd-report(1). Percentiles are
 * by nearest rank; what is not known, as a percentile where no round has a value, is null. 0, -ENOMEM, or
 * -errno of writing. */
int report_json_print(const struct report *report, FILE *out);

#endif
