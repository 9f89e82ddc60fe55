/* An endpoint's figures in a report, and how rounds add to them. Pure. */
#ifndef WARMD_REPORT_ENDPOINT_H
#define WARMD_REPORT_ENDPOINT_H

#include "report/bins.h"
#include "report/lineup.h"
#include "report/values.h"

enum { REPORT_CELLS = 48 }; /* of a heat strip */

/* Cold starts of a whole hour of the clock (UTC). */
struct cold_hour {
    uint32_t hour; /* from the one in which the period begins */
    uint32_t n;
};

struct report_endpoint {
    char name[PLAN_NAME_MAX + 1];
    uint32_t place; /* in report->endpoints */
    uint64_t rounds[ROUND_MET + 1];
    uint64_t requests, ok, failed, throttled;
    bool cold_known, distinct_known, cost_known, provisioned_known;
    uint64_t cold, distinct; /* sums */
    uint64_t warm, wanted;   /* sums over rounds: instances found warm, and targets */
    uint32_t target;         /* of the last round */
    /* one a round, as far as it says; sorted once the report is finished */
    struct values skew_us, p50_us, p99_us;
    uint64_t max_us;
    uint64_t cost_microusd;
    struct timeline timeline;
    struct lineup lineup; /* what the timeline has not taken yet */
    struct bin_row bins;  /* owned */
    struct bin_row cells; /* of the heat strip, in cell_data */
    struct bin cell_data[REPORT_CELLS];
    struct cold_hour *cold_hours; /* only hours with some, in the order of time */
    size_t n_cold_hours, cold_hours_room;
};

/* A new one for a period: bins of BIN_US, N_BINS of them, from SINCE_US to UNTIL_US. Free it with
 * report_endpoint_free. NULL: no memory. */
struct report_endpoint *report_endpoint_new(const char *name, uint64_t since_us, uint64_t until_us,
                                            uint64_t bin_us, size_t n_bins);
void report_endpoint_free(struct report_endpoint *endpoint); /* takes NULL */

/* Takes the round ENTRY, wherever it comes from, which the journal told of at TOLD_US. False: memory ran out.
 */
bool report_endpoint_add_round(struct report_endpoint *endpoint, const struct entry *entry, uint64_t told_us);
/* Takes an event that timeline_wants. False: memory ran out. */
bool report_endpoint_add_event(struct report_endpoint *endpoint, const struct entry *entry);
/* Half as many bins, twice as wide. */
void report_endpoint_coarsen(struct report_endpoint *endpoint);
/* The report ends at UNTIL_US; as timeline_end. */
void report_endpoint_finish(struct report_endpoint *endpoint, uint64_t until_us, uint64_t others_us);

/* Round I of those that SUMMARY, finished, sums up, of an endpoint whose target is TARGET: its share of each
 * figure, so that the shares of all add up. */
struct entry entry_of_summary(const struct entry *summary, uint64_t i, uint64_t target);

/* Share of the time, 0 to 1, in which it was warm, of that in which it should have been; negative: no time is
 * known. */
double endpoint_warm_share(const struct report_endpoint *endpoint);
/* Requests' cost in USD for a month of 30 days at the period's rate; negative: not known, for example for
 * less than an interval. */
double endpoint_month_usd(const struct report_endpoint *endpoint);
/* The same of provisioned concurrency for its targets. */
double endpoint_provisioned_month_usd(const struct report_endpoint *endpoint);

#endif
