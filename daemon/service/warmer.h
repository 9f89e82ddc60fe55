/* A warmer: one enabled endpoint of the plan, with its timer, what it has learned, and its round. */
#ifndef WARMD_SERVICE_WARMER_H
#define WARMD_SERVICE_WARMER_H

#include "decide/condition.h"
#include "memory/state.h"
#include "service/rounds.h"
#include "telemetry/summary.h"

#include <systemd/sd-event.h>

struct fleet;

struct warmer {
    struct fleet *fleet;
    const struct endpoint *endpoint;
    struct kept *kept; /* what survives a restart; part of the fleet's state */
    sd_event_source *timer;
    struct schedule planned; /* the next round's place, before the windows are considered */
    uint64_t due_us;         /* its place within the windows; CLOCK_BOOTTIME; UINT64_MAX: it rests for good */
    bool raised;             /* more instances are wanted than the previous round asked for: due at once */
    /* the round that was begun last */
    struct order order;
    char round_id[ROUND_ID_TEXT]; /* while it is queued or running, else "" */
    uint64_t began_us;            /* CLOCK_BOOTTIME; 0: none in this process */
    uint64_t elapsed_us;          /* from the start of the previous one until then; 0: not known */
    uint64_t began_before_us;     /* when the previous one began, in case this one is withdrawn */
    uint64_t last_before_us;      /* kept->last_round_us at that time */
    /* the last one that has ended */
    bool known;
    uint32_t warm; /* distinct where proven, else answered as expected */
    uint64_t skew_us;
    uint64_t slowest_us; /* the longest latency so far, for the budget */
    char *version;       /* of the function, as last reported; NULL: not known */
    bool credentials_failed;
    bool told_http2;          /* HTTP2_IN_TURNS was logged, which each round may find */
    struct round_gist gist;   /* of the last round */
    struct summary *summary;  /* of rounds without an entry of their own; NULL: none */
    enum condition condition; /* as warmer_refresh saw it last */
    bool succeeded;           /* while a plan comes into force: another warmer continues this one */
};

/* The timer fired, or the clock was set. */
int warmer_on_due(sd_event_source *timer, uint64_t due_us, void *warmer);
/* Begins a round now, whatever the timer says, if the policy orders one; logs why not. True: it began. */
bool warmer_begin(struct warmer *warmer);
/* Takes in ROUND, logs it and what follows from it, and sets the timer. */
void warmer_finish(struct warmer *warmer, struct round *round);
/* Brings a queued round in line with the plan in force, or withdraws it if nothing is to be sent under that
 * plan. */
void warmer_reorder(struct warmer *warmer);
/* Drops a queued round, as if it had never begun. */
void warmer_withdraw(struct warmer *warmer);
/* Looks at the windows again and sets the timer. */
int warmer_set_timer(struct warmer *warmer);
/* Updates the warmer's condition, which windows, other endpoints of its function and the calendar can change
 * too. */
void warmer_refresh(struct warmer *warmer);
/* When its next budget begins. */
uint64_t warmer_budget_resumes_us(const struct warmer *warmer);
/* How many instances it wants now, or in a moment when a window opens. */
uint32_t warmer_wanted(const struct warmer *warmer);

#endif
