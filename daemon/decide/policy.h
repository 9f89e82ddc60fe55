/* Policy: what an endpoint asks for and when, and what it learns from the answers. Pure. It composes
 * retention, learn_interval, learn_hold, throttle and backoff; the daemon's warmer and the simulation harness
 * (tests/learning) both use it, and nothing else, for each round:
 *
 *     order = policy_order(…)                    before: how many, with which hold, or why not now
 *     observation_of(round, …)                   after its last attempt
 *     outcome = policy_take(…)                   what to report
 *     schedule = policy_schedule(…)              when to come again
 */
#ifndef WARMD_DECIDE_POLICY_H
#define WARMD_DECIDE_POLICY_H

#include "decide/backoff.h"
#include "decide/learn_hold.h"
#include "decide/retention.h"
#include "decide/schedule.h"
#include "decide/throttle.h"

enum {
    /* AWS makes 1,000 new environments in 10 s for a function. */
    POLICY_RAMP_STEP = 1000,
    POLICY_RAMP_US = 10000000,
};

/* What an endpoint has learned: plain data except for retention's array. Only this has to survive a restart
 * or a reload. */
struct policy_state {
    uint64_t endpoint;  /* hash of what is called; if it differs, so does the endpoint */
    bool interval_auto; /* as the configuration said when it was learned */
    bool hold_auto;
    struct learned_interval interval;
    struct learned_hold hold;
    struct retention retention;
    struct backoff failing;
    uint64_t version;      /* hash of the function's version that answered last; 0: not known */
    uint64_t unseen_us;    /* since the last round with an answer, as far as rounds have said */
    bool unseen_unknown;   /* some of that time isn't known */
    bool came_at_once;     /* a deploy or a recovery had asked for the last round */
    bool told_unproven;    /* POLICY_UNPROVEN was reported */
    uint32_t reached;      /* instances of the last round */
    uint64_t last_real_us; /* the end of the last round, CLOCK_REALTIME */
    uint64_t told_interval_us, told_hold_us; /* as last reported by POLICY_INTERVAL, POLICY_HOLD */
};

void policy_init(struct policy_state *state, const struct endpoint *endpoint);
/* Whether STATE was learned from what ENDPOINT calls: the same url or function, qualifier, region, tenant,
 * profile and host. */
bool policy_is_of(const struct policy_state *state, const struct endpoint *endpoint);
/* After a reload, or with a state from before a restart: brings what was learned into the present bounds;
 * drops what is no longer to be learned, or was learned from something else. */
void policy_adopt(struct policy_state *state, const struct endpoint *endpoint);
void policy_free(struct policy_state *state);

/* In force: learned, or as configured. */
uint64_t policy_interval_us(const struct policy_state *state, const struct endpoint *endpoint);
uint64_t policy_hold_us(const struct policy_state *state, const struct endpoint *endpoint);

/* Instances that are probably still warm: what the last round reached, if that was not long ago. */
uint32_t policy_likely_warm(const struct policy_state *state, const struct endpoint *endpoint,
                            uint64_t now_real_us);

enum order_kind {
    ORDER_FULL,     /* all that are wanted */
    ORDER_RAMP,     /* fewer: AWS makes no more new instances at a time */
    ORDER_HALVED,   /* fewer: the function was throttled */
    ORDER_FAILING,  /* few, to see whether it is back */
    ORDER_RESTING,  /* none is wanted */
    ORDER_BUDGET,   /* nothing: the budget is reached */
    ORDER_THROTTLED /* nothing yet: the function was throttled; ask again after wait_us */
};

/* What a round is to do. */
struct order {
    enum order_kind kind;
    uint32_t target;      /* instances that are to be warm */
    uint32_t count;       /* requests of a volley; 0 from ORDER_RESTING on */
    uint32_t attempts;    /* most volleys: 1 if fewer are asked for than are wanted */
    uint64_t hold_us;     /* of the first attempt */
    uint64_t interval_us; /* until the next round, for the record */
    uint64_t wait_us;     /* for ORDER_THROTTLED */
};

/* A round of WARM instances as ENDPOINT's configuration has it, whatever was learned. */
struct order policy_configured_order(const struct endpoint *endpoint, uint32_t warm);

/* What a round that begins now is to ask for. WANTED: windows_at's; AFFORDABLE: spend_allows'. */
struct order policy_order(const struct policy_state *state, const struct endpoint *endpoint,
                          const struct throttle *throttle, uint32_t wanted, bool affordable,
                          uint64_t now_real_us);

/* Events; each is for one message. */
enum {
    POLICY_FAILING = 1 << 0,       /* it began */
    POLICY_RECOVERED = 1 << 1,     /* after failed_for_us */
    POLICY_THROTTLED = 1 << 2,     /* it began, for the function */
    POLICY_THROTTLE_OVER = 1 << 3, /* all that is wanted is asked for again */
    POLICY_DEPLOYED = 1 << 4,      /* another version answered: all instances are new */
    POLICY_INTERVAL = 1 << 5,      /* differs by a tenth or more from the last report */
    POLICY_HOLD = 1 << 6,          /* by a factor of three or more */
    POLICY_CEILING = 1 << 8,       /* found how many the function answers at once, and keeps to that */
    POLICY_UNPROVEN = 1 << 7,      /* there is something to learn, but not from these answers; once */
};

struct policy_outcome {
    uint32_t events;
    uint64_t failed_for_us;
    struct retained retained; /* of this round; idle_us is 0 where nothing is known */
    bool again; /* the next round comes after again_us instead of the interval: ramp, back-off, throttle,
                   deploy */
    uint64_t again_us; /* from the round's start; 0: at once */
};

/* Takes in a finished round. NOW_REAL_US: its end. -ENOMEM: what was seen could not be kept, all else was
 * taken in; *ret_outcome is filled in any case. */
int policy_take(struct policy_state *state, const struct endpoint *endpoint, struct throttle *throttle,
                const struct order *order, const struct observation *observation, uint64_t now_real_us,
                struct policy_outcome *ret_outcome);

/* When the next round is due, CLOCK_BOOTTIME, if the last one's place was BEFORE and it began at BEGAN_US.
 * Configured intervals stay on their grid, with jitter either way; a learned one counts from the start of the
 * round, and its jitter only shortens it, so that it is never exceeded. Windows are not included
 * (schedule_in_windows). */
struct schedule policy_schedule(const struct policy_state *state, const struct endpoint *endpoint,
                                const struct policy_outcome *outcome, const struct schedule *before,
                                uint64_t began_us, uint64_t now_us, uint64_t random);

#endif
