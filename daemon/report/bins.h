/* What happened in the parts of a period: rows of bins of equal width. Pure. */
#ifndef WARMD_REPORT_BINS_H
#define WARMD_REPORT_BINS_H

#include "record/round.h"
#include "report/timeline.h"

/* What happened in a part of the period. */
struct bin {
    uint32_t rounds[ROUND_MET + 1];        /* by result */
    uint32_t target, warm;                 /* sums over its rounds */
    uint32_t cold;                         /* starts */
    uint32_t ok;                           /* requests answered as expected */
    uint32_t timed;                        /* rounds with latencies */
    uint32_t p50_least_us;                 /* the least median of its rounds */
    uint64_t p50_sum_us, p99_sum_us;       /* over `timed`: divide for the mean */
    uint32_t p99_most_us, max_us, skew_us; /* the largest */
    uint64_t cost_microusd;
    uint64_t lasted_ms[SPAN_STATES]; /* milliseconds in each state */
};

/* The bins at DATA cover [since_us, since_us + n * width_us). */
struct bin_row {
    struct bin *data;
    size_t n;
    uint64_t since_us, width_us;
};

/* The bin for AT_US; a time outside is that of the first or last one. */
struct bin *bins_at(struct bin_row row, uint64_t at_us);
/* A round as a bin counts it. */
struct bin_round {
    enum round_result result;
    uint32_t target, warm, cold, ok;
    uint32_t p50_us, p99_us, max_us, skew_us; /* 0: not known */
    uint64_t cost_microusd;
};
void bin_add(struct bin *bin, const struct bin_round *round);
/* Adds the seconds of a span to all bins that it touches. */
void bins_add_span(struct bin_row row, uint64_t from_us, uint64_t to_us, enum span_state state);
/* Joins bins 2i and 2i+1 to bin i; (N + 1) / 2 are left. */
void bins_halve(struct bin *data, size_t n);

#endif
