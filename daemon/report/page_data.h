/* A report as JSON for the page's script, which is all that reads it: its columns are packed, and what is in
 * it may change from version to version. */
#ifndef WARMD_REPORT_PAGE_DATA_H
#define WARMD_REPORT_PAGE_DATA_H

#include "report/report.h"

#include <stdio.h>

/* Writes a finished REPORT to OUT, with nothing in it that could end a script element. JOURNAL_OPTIONS: with
 * which journalctl reads the same journal. */
void page_data_write(const struct report *report, const char *journal_options, FILE *out);

#endif
