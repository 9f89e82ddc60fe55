/* What the journal says about a period, added up in memory that doesn't grow with rounds except for 12 bytes
 * each. Pure: entries go in, in the order of time, whoever reads them. */
#ifndef WARMD_REPORT_REPORT_H
#define WARMD_REPORT_REPORT_H

#include "report/entry.h"
#include "report/timeline.h"

#include <time.h>

enum {
    REPORT_CELLS = 48,    /* of a heat strip */
    REPORT_WORST = 1000,  /* rounds that are kept as they are */
    REPORT_EVENTS = 1000, /* the same of events; beyond, those of which there are most are thinned out */
};

/* What happened in a part of the period. */
struct bin {
    uint32_t rounds[ROUND_MET + 1];      /* by result */
    uint32_t target, warm;               /* sums over its rounds */
    uint32_t cold;                       /* starts */
    uint32_t ok;                         /* requests answered as expected */
    uint32_t timed;                      /* rounds with latencies */
    uint32_t p50_least_us;               /* the least median of its rounds */
    uint64_t p50_sum_us, p99_sum_us;     /* over `timed`: divide for the mean */
    uint32_t p99_most_us, max_us, skew_us; /* the largest */
    uint64_t cost_microusd;
    uint32_t lasted_s[SPAN_STATES];      /* seconds in each state */
};

/* A growing list of numbers. */
struct values {
    uint32_t *data;
    size_t n, capacity;
};

struct cold_hour {
    uint32_t hour; /* of the period, from report->since_us */
    uint32_t n;
};

struct report_endpoint {
    char name[PLAN_NAME_MAX + 1];
    uint64_t rounds[ROUND_MET + 1];
    uint64_t requests, ok, failed, throttled;
    bool cold_known, distinct_known, cost_known, provisioned_known;
    uint64_t cold, distinct; /* sums */
    uint64_t warm, wanted;   /* sums over rounds: instances found warm, and targets */
    uint32_t target;         /* of the last round */
    struct values skew_us, p50_us, p99_us; /* one a round, as far as it says; sorted once the report is finished */
    uint64_t max_us;
    uint64_t cost_microusd;
    struct timeline timeline;
    struct bin cells[REPORT_CELLS];
    struct bin *bins; /* report->n_bins */
    struct cold_hour *cold_hours; /* only hours with some; a part of all hours */
    size_t n_cold_hours, cold_hours_room;
};

/* A round that was not met, or met late or cold; several like it, from a summary. */
struct worst {
    uint64_t at_us;
    uint64_t badness;
    uint32_t endpoint; /* its place in report->endpoints, once that is finished */
    uint32_t n;        /* rounds: more than 1 from a summary, which has no round's id */
    enum round_result result;
    uint32_t target, warm, ok, cold;
    bool cold_known;
    uint32_t p99_us, skew_us;
    char round[ROUND_ID_TEXT]; /* "": not known */
    char host[ENTRY_HOST_MAX + 4];
    char errors[ENTRY_ERRORS_MAX + 4];
};

struct happening {
    uint64_t at_us;
    enum entry_kind kind;
    int64_t endpoint; /* as above; -1: the whole daemon */
    char *message, *host; /* owned */
};

struct report {
    uint64_t since_us, until_us; /* CLOCK_REALTIME; until is exclusive */
    uint64_t bin_us;
    size_t n_bins;
    struct report_endpoint **endpoints; /* sorted by name once the report is finished */
    size_t n_endpoints, endpoints_room;
    struct worst *worst; /* a heap, then worst first */
    size_t n_worst;
    struct happening *events; /* in the order of time */
    size_t n_events, events_room;
    uint64_t n_kinds[ENTRY_KINDS]; /* entries taken, by kind */
    uint32_t cold_by_hour[7][24];  /* local time; Monday is 0 */
    uint64_t n_unusable;           /* entries that don't say enough */
    uint64_t last_us;              /* the last entry's time */
    bool failed;                   /* memory ran out: it is not to be used */
    char first_host[ENTRY_HOST_MAX + 4];
    bool several_hosts;
    void *index; /* of the names */
};

/* Begins a report on [SINCE_US, UNTIL_US), with bins for about N_ENDPOINTS (0: not known). Don't move it. */
void report_begin(struct report *report, uint64_t since_us, uint64_t until_us, size_t n_endpoints);
/* Takes an entry that entry_finish has accepted. Endpoints and hosts that are new get their place. */
void report_take(struct report *report, const struct entry *entry);
/* Ends all timelines, and sorts what is to be sorted. */
void report_finish(struct report *report);
void report_free(struct report *report);
#define CLEANUP_REPORT __attribute__((cleanup(report_free)))

/* The nearest-rank percentile of sorted VALUES; 0 where there are none. */
uint32_t values_percentile(const struct values *values, unsigned percent);

/* Share of the time, 0 to 1, in which it was warm, of that in which it should have been; negative: no time is
 * known. */
double endpoint_warm_share(const struct report_endpoint *endpoint);
/* Requests' cost in USD for a month of 30 days at the period's rate; negative: not known, for example for less
 * than an interval. */
double endpoint_month_usd(const struct report_endpoint *endpoint);
/* The same of provisioned concurrency for its targets. */
double endpoint_provisioned_month_usd(const struct report_endpoint *endpoint);

#endif
