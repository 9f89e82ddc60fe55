/* The figures of an endpoint in a report, as text. */
#ifndef WARMD_REPORT_FIGURES_H
#define WARMD_REPORT_FIGURES_H

#include "report/phrase.h"
#include "report/sums.h"

enum figure {
    FIGURE_INSTANCES,   /* found warm / wanted: means over its rounds */
    FIGURE_COLD,        /* starts */
    FIGURE_LATENCY,     /* the median of rounds' p50 to the 99th percentile of rounds' p99 */
    FIGURE_SKEW,        /* its 99th percentile */
    FIGURE_COST,        /* in the period -> in a month */
    FIGURE_PROVISIONED, /* in a month */
    FIGURES,
};

struct figures {
    char texts[FIGURES][PHRASE_MAX];
    char wanted[PHRASE_MAX],
        month[PHRASE_MAX]; /* what ends the first and the fifth, which are aligned by it */
};

/* What stands above them. */
const char *figure_head(enum figure figure, struct look look);

struct figures figures_of(const struct report_endpoint *endpoint, struct look look);
/* Those of all endpoints together, as far as they have a meaning; "" for others. */
struct figures figures_of_sums(const struct sums *sums, struct look look);
/* Completes the texts of N figures, so that what belongs together stands below each other. */
void figures_align(struct figures *figures, size_t n, struct look look);

#endif
