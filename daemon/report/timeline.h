/* When an endpoint was warm: rounds and events in the order of time become spans. Pure.
 *
 * A round speaks for the time until the next one. An endpoint is warm after a round that met its target, and in
 * a gap after one that didn't. If no round follows within TIMELINE_PATIENCE intervals, nobody kept it warm from
 * one interval after the last round on. A round that met its target with new instances only, although the one
 * before met it, too, shows that none had stayed warm: the time between them is a gap. */
#ifndef WARMD_REPORT_TIMELINE_H
#define WARMD_REPORT_TIMELINE_H

#include "report/entry.h"

enum span_state {
    SPAN_UNKNOWN, /* before the first entry, or the endpoint is no longer configured */
    SPAN_WARM,
    SPAN_GAP,
    SPAN_RESTING,
    SPAN_ELSEWHERE, /* another host of the cluster warms it */
    SPAN_STATES,
};

enum { GAP_CAUSE_MAX = 48 };

struct gap {
    uint64_t from_us, to_us;   /* CLOCK_REALTIME */
    char cause[GAP_CAUSE_MAX]; /* "deploy", "throttled", "stopped", "no rounds", or its first error */
};

struct timeline {
    enum span_state state;
    uint64_t first_us, last_us;  /* of its entries; 0: none yet */
    uint64_t interval_us;        /* in force; 0: not known */
    uint64_t provisioned_rate;   /* micro-USD an hour for the target */
    uint64_t stopped_us;         /* the daemon's last stop; 0: none since the last round */
    uint64_t reloaded_us;        /* its last start or reload since the last round; 0: none */
    struct gap gap;              /* the last one, perhaps not over */
    bool gap_open;
    uint64_t lasted_us[SPAN_STATES];
    double provisioned_usd;      /* what provisioned concurrency would have cost meanwhile */
    size_t n_gaps;
    struct gap longest; /* complete after timeline_end */
};

/* Takes each span as it becomes known; they don't overlap, and come in order. */
struct span_sink {
    void (*take)(void *context, uint64_t from_us, uint64_t to_us, enum span_state state);
    void *context;
};

/* A round that ended at AT_US; MET as entry_finish says; ALL_NEW: it met new instances only, not for age. */
struct timeline_round {
    uint64_t at_us;
    bool met, all_new;
    uint64_t interval_us;      /* 0: not known */
    uint64_t provisioned_rate; /* 0: not known */
    const char *cause;         /* of one that was not met: its errors; "" */
};
void timeline_round(struct timeline *timeline, const struct timeline_round *round, struct span_sink sink);
/* Any other ENTRY about the endpoint or the whole daemon. */
void timeline_event(struct timeline *timeline, const struct entry *entry, struct span_sink sink);
/* The report ends at UNTIL_US. Call it once. */
void timeline_end(struct timeline *timeline, uint64_t until_us, struct span_sink sink);

#endif
