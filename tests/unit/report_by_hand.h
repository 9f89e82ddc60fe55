/* Finished reports, filled in by hand: what is printed doesn't depend on how it was added up. */
#ifndef WARMD_TESTS_REPORT_BY_HAND_H
#define WARMD_TESTS_REPORT_BY_HAND_H

#include "report/look.h"
#include "report/report.h"

/* Sunday, 2026-11-01, 00:00 UTC */
#define NOVEMBER_US (UINT64_C(1793491200) * 1000000)
#define DAYS_US(n) ((uint64_t)(n)*86400 * 1000000)

/* A report on the DAYS days from NOVEMBER_US on, with nothing in it. It is freed by hand_free. */
struct report *hand_report(unsigned days);
/* Adds an endpoint: 288 rounds a day, all of 20 instances, met, and warm, with costs and latencies. */
struct report_endpoint *hand_endpoint(struct report *report, const char *name);
/* Makes one of its cells a gap for SECONDS, the endpoint's longest. */
void hand_gap(struct report *report, struct report_endpoint *endpoint, unsigned cell, unsigned seconds,
              const char *cause);
void hand_worst(struct report *report, const struct worst *worst);
void hand_event(struct report *report, const struct happening *event);
void hand_free(struct report *report);

/* What report_print, or with ONELINE report_print_oneline, prints; owned by the caller. */
char *hand_print(const struct report *report, struct look look, bool oneline);
/* The most columns that a line of TEXT takes, those with a command left out. */
size_t hand_widest(const char *text);

#endif
