/* What a report's endpoints add up to. */
#ifndef WARMD_REPORT_SUMS_H
#define WARMD_REPORT_SUMS_H

#include "report/report.h"

struct sums {
    uint64_t rounds, failed, short_of_target; /* rounds: all, and two kinds of them */
    uint64_t cold, n_gaps;
    double warm_share;               /* of the endpoints' time; negative: not known, as are the USD below */
    double resting_us, elsewhere_us; /* sums of the endpoints' times */
    bool cold_known;                 /* of at least one endpoint; as for costs, the others don't count */
    double usd, month_usd, provisioned_month_usd;
    size_t n_usd, n_month;               /* endpoints of which they are known */
    const struct report_endpoint *worst; /* least warm, then with the longest gap; NULL: there is none */
};
struct sums sums_of(const struct report *report);
/* Whether there was nothing to do with warming in the period. */
bool sums_are_empty(const struct sums *sums);

uint64_t endpoint_rounds(const struct report_endpoint *endpoint);
/* What its rounds have cost; negative: not known. */
double endpoint_usd(const struct report_endpoint *endpoint);
/* Less than 0: A is to be shown before B, because it was less warm, or had the longer gap, or by
 * name. */
int endpoint_compare_worst(const struct report_endpoint *a, const struct report_endpoint *b);

/* Of the rounds of all endpoints, the median of their medians, and the 99th percentile of their p99, by
 * nearest rank. 0: none has any. */
uint32_t report_p50_us(const struct report *report);
uint32_t report_p99_us(const struct report *report);

#endif
