/* A warmer: one enabled endpoint of the plan, with its timer, what it has learned, and its round. It knows no
 * other. What comes of beginning a round, and what follows from a finished one, it returns as a value; it
 * tells nobody. */
#ifndef WARMD_SERVICE_WARMER_H
#define WARMD_SERVICE_WARMER_H

#include "decide/condition.h"
#include "memory/state.h"
#include "service/rounds.h"
#include "telemetry/metrics.h"
#include "telemetry/tell.h"

#include <systemd/sd-event.h>

struct warmer;

/* What all warmers of a fleet share. */
struct warmer_common {
    struct plan *plan; /* in force; a reference */
    struct rounds *rounds;
    struct throttles *throttles;
    void (*due)(struct warmer *warmer, void *context); /* its timer has fired: time for warmer_come */
    void *context;
};

/* What the journal was told of an endpoint, so that it isn't told twice; for whoever tells it. */
struct told {
    struct round_gist gist;  /* of the last round */
    struct summary *summary; /* of rounds without an entry of their own; NULL: none */
    char *version;           /* of the function; NULL: not known */
    bool credentials_failed;
    bool http2_in_turns; /* which each round may find */
    bool resting;
};

struct warmer {
    const struct warmer_common *common;
    const struct endpoint *endpoint;
    struct memory *memory; /* of the endpoint; part of the fleet's state */
    sd_event_source *timer;
    struct schedule planned; /* the next round's place, before the windows are considered */
    uint64_t due_us;         /* its place within the windows; CLOCK_BOOTTIME; UINT64_MAX: it rests for good */
    bool raised;             /* more instances are wanted than the previous round asked for: due at once */
    /* the round that was begun last */
    struct order order;
    struct open_round *round; /* while it is queued or running, else NULL */
    uint64_t began_us;        /* CLOCK_BOOTTIME; 0: none in this process */
    uint64_t elapsed_us;      /* from the start of the previous one until then; 0: not known */
    uint64_t began_before_us; /* when the previous one began, in case this one is withdrawn */
    uint64_t last_before_us;  /* memory->last_round_us at that time */
    /* the last one that has ended */
    uint32_t warm;
    uint64_t slowest_us;  /* the longest latency so far, for the budget */
    struct counts counts; /* whether or not they are written: a reload may ask for them */
    /* as warmer_refresh saw it last */
    uint32_t wanted;
    enum condition condition;
    struct told told;
    bool succeeded; /* while a plan comes into force: another warmer continues this one */
};

/* Begins to keep ENDPOINT warm, on LOOP; all three must outlive the warmer, which must stay where it is. Its
 * timer is armed by warmer_plan. -errno; then, as later, call warmer_close. */
int warmer_open(struct warmer *warmer, const struct warmer_common *common, const struct endpoint *endpoint,
                struct memory *memory, sd_event *loop);
/* Drops the timer and whatever was told. A round of its own goes on, and is nobody's. */
void warmer_close(struct warmer *warmer);
/* Takes over all that BEFORE knows, which called the same target under the plan before; NULL: there was none,
 * and the endpoint's memory has to do. What was learned is brought into the present bounds, or forgotten if
 * it is of another target. */
void warmer_continue(struct warmer *warmer, struct warmer *before);
/* Sets when it is due: after its last round as usual, or at FIRST if it is new here, or wants more at once.
 */
void warmer_plan(struct warmer *warmer, const struct schedule *first, bool is_new, uint64_t now_us);

/* What came of beginning a round. */
struct beginning {
    bool began;
    const char *skipped; /* why this round has to be left out; NULL: it hasn't */
    bool stopped;        /* the budget is reached, for the first time in this month: */
    double most_usd;     /* what a round may cost */
};

/* The timer has fired: begins a round, unless it is only time to rest, and sets the timer for the next. */
struct beginning warmer_come(struct warmer *warmer);
/* Begins a round now, whatever the timer says, if the policy orders one. */
struct beginning warmer_begin(struct warmer *warmer);
/* Brings a queued round in line with the plan in force, or withdraws it if nothing is to be sent under that
 * plan. */
struct beginning warmer_reorder(struct warmer *warmer);
/* Drops a queued round, as if it had never begun. */
void warmer_withdraw(struct warmer *warmer);

/* What follows from a finished round. */
struct aftermath {
    struct policy_outcome outcome;
    uint64_t interval_us, hold_us; /* in force from now on */
    uint64_t next_us;              /* from this round's start until the next */
    bool retry;                    /* it failed as the rounds before, which was told then */
    uint32_t share;                /* as many requests as the throttle lets through of those wanted */
    uint32_t ceiling;              /* as many as the function answers at once */
};

/* Takes in ROUND, adds to it what only the rounds before can say (interval, instances seen again), and sets
 * the timer. */
struct aftermath warmer_finish(struct warmer *warmer, struct round *round);

/* Looks at the windows again and sets the timer. */
void warmer_set_timer(struct warmer *warmer);
/* Updates what is wanted and the warmer's condition, which windows, other endpoints of its function and the
 * calendar can change too. */
void warmer_refresh(struct warmer *warmer);
/* When its next budget begins. */
uint64_t warmer_budget_resumes_us(const struct warmer *warmer);
/* When its next round is due, by the calendar; 0: it rests for good. */
uint64_t warmer_next_real_us(const struct warmer *warmer);
/* How many instances it wants now, or in a moment when a window opens. */
uint32_t warmer_wanted(const struct warmer *warmer);

#endif
