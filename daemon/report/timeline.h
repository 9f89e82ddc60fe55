/* When an endpoint was warm: rounds and events become spans of time. Pure.
 *
 * A round speaks for the time until the next one. An endpoint is warm after a round that met its target, and
 * in a gap after one that didn't. If no round follows within two intervals, nobody kept it warm from one
 * interval after the last round on. A round that met its target with new instances only, although the one
 * before met it, too, shows that none had stayed warm: the time between them is a gap.
 *
 * Where rounds are told in summaries, the last hour before the end, or before a start without a stop, has
 * perhaps had rounds of which nothing is told: beyond an interval after the last one it is not known. */
#ifndef WARMD_REPORT_TIMELINE_H
#define WARMD_REPORT_TIMELINE_H

#include "base/clock.h"
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

/* A round's summary is told up to so much later. */
#define TIMELINE_LATE_US (US_PER_HOUR + US_PER_MINUTE)

struct gap {
    uint64_t from_us, to_us;   /* CLOCK_REALTIME */
    char cause[GAP_CAUSE_MAX]; /* "deploy", "stop", "no rounds", "too few instances", or a round's first error
                                */
};

/* Something that changes what is known about the endpoint. */
struct moment {
    uint64_t at_us;
    uint64_t place;       /* among equal ones */
    enum entry_kind kind; /* ENTRY_ROUND, or what else concerns a timeline */
    /* of a round: */
    bool met;
    bool all_new;              /* it met new instances only, and not because the former were old */
    bool told_late;            /* the rounds after it that are like it are told in a summary */
    uint64_t interval_us;      /* 0: not known */
    uint64_t provisioned_rate; /* micro-USD an hour of provisioned concurrency; 0: not known */
    char cause[GAP_CAUSE_MAX]; /* of one that was not met */
};

struct timeline {
    enum span_state state;
    uint64_t first_us, last_us; /* of its moments; 0: none yet */
    uint64_t interval_us;       /* in force */
    uint64_t round_us;          /* its last round */
    uint64_t
        ahead_us; /* of that round's interval, how much lies beyond the report's end; after timeline_end */
    uint64_t provisioned_rate;
    uint64_t stopped_us, reloaded_us; /* the daemon's last stop, and its last start or reload; 0: none since
                                         the last round */
    struct gap gap;                   /* the last one */
    bool has_gap, is_gap_open;
    bool told_late;      /* what follows the last round */
    bool is_spent;       /* its budget was, since the last round */
    uint64_t removed_us; /* the first reload since the last round, unless something else explains the silence;
                            0: there was none */
    uint64_t lasted_us[SPAN_STATES];
    double provisioned_microusd; /* for the time in which it should have been warm */
    size_t n_gaps;
    struct gap longest;
};

/* Takes each span as it becomes known; they don't overlap, and come in order. */
struct span_sink {
    void (*take)(void *context, uint64_t from_us, uint64_t to_us, enum span_state state);
    void *context;
};

/* Takes the next moment. One that is earlier than the one before is passed over. */
void timeline_take(struct timeline *timeline, const struct moment *moment, struct span_sink sink);
/* The report ends at UNTIL_US; OTHERS_US is the time of the last round of any endpoint. Call it once; n_gaps
 * and longest are complete then. */
void timeline_end(struct timeline *timeline, uint64_t until_us, uint64_t others_us, struct span_sink sink);

/* Whether an event of this kind concerns a timeline; else it changes nothing. */
bool timeline_wants(enum entry_kind kind);

#endif
