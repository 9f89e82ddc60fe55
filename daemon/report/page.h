/* A report as a page: one file with all that it shows and the script that draws it, which asks no network for
 * anything and may not, by its own policy. */
#ifndef WARMD_REPORT_PAGE_H
#define WARMD_REPORT_PAGE_H

#include "base/error.h"
#include "report/report.h"

#include <stdio.h>

/* Writes the finished REPORT to OUT, whose errors are the caller's. JOURNAL_OPTIONS: with which journalctl
 * reads the same journal, "" for the system's. -ENOMEM. */
int page_print(const struct report *report, const char *journal_options, FILE *out);
/* The same to PATH with mode 0644; a file of that name is replaced whole or not at all. -errno. */
int page_write(const struct report *report, const char *path, const char *journal_options,
               struct error *error);

#endif
