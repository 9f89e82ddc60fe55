/* A slot: one enabled endpoint of the plan, with its timer, what it has learned, and its round. */
#ifndef WARMD_COMMANDS_SLOT_H
#define WARMD_COMMANDS_SLOT_H

#include "commands/rounds.h"
#include "decide/condition.h"
#include "telemetry/state_json.h"
#include "telemetry/summary.h"

#include <systemd/sd-event.h>

struct keeper;

struct slot {
    struct keeper *keeper;
    const struct endpoint *endpoint;
    struct kept *kept; /* what survives a restart; part of the keeper's state */
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
    enum condition condition; /* as slot_refresh saw it last */
    bool succeeded;           /* while a plan comes into force: another slot continues this one */
};

/* The timer fired, or the clock was set. */
int slot_on_due(sd_event_source *timer, uint64_t due_us, void *slot);
/* Begins a round now, whatever the timer says, if the policy orders one; logs why not. True: it began. */
bool slot_begin(struct slot *slot);
/* Takes in ROUND, logs it and what follows from it, and sets the timer. */
void slot_finish(struct slot *slot, struct round *round);
/* Brings a queued round in line with the plan in force, or withdraws it if nothing is to be sent under that
 * plan. */
void slot_reorder(struct slot *slot);
/* Drops a queued round, as if it had never begun. */
void slot_withdraw(struct slot *slot);
/* Looks at the windows again and sets the timer. */
int slot_set_timer(struct slot *slot);
/* Updates the slot's condition, which windows, other endpoints of its function and the calendar can change
 * too. */
void slot_refresh(struct slot *slot);
/* When its next budget begins. */
uint64_t slot_budget_resumes_us(const struct slot *slot);
/* How many instances it wants now, or in a moment when a window opens. */
uint32_t slot_wanted(const struct slot *slot);

#endif
