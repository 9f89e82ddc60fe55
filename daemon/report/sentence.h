/* What a report says in a sentence. */
#ifndef WARMD_REPORT_SENTENCE_H
#define WARMD_REPORT_SENTENCE_H

#include "report/look.h"
#include "report/sums.h"

/* "orders was 99.4% warm; 2 gaps, longest 6 min on Tue 03:10 (deploy)"; of several endpoints, what all of
 * them were, and the worst one. */
void add_sentence(struct text *line, const struct report *report, const struct sums *sums, struct look look);
/* "99.8% warm, 12 endpoints, 2 gaps, 34 cold, p99 112 ms, $0.41 ($3.02 a month)" */
void add_short_sentence(struct text *line, const struct report *report, const struct sums *sums,
                        struct look look);

#endif
