/* Rounds in progress: queued under the ceiling, running their attempts, and judged. Belongs to the main
 * thread. */
#ifndef WARMD_SERVICE_ROUNDS_H
#define WARMD_SERVICE_ROUNDS_H

#include "base/cleanup.h"
#include "decide/policy.h"
#include "plan/plan.h"
#include "record/round.h"

struct rounds;
struct open_round; /* one that is queued or running */

enum round_state { ROUND_IDLE, ROUND_QUEUED, ROUND_RUNNING };

/* Receives each finished round and takes it, with its owner. */
typedef void (*round_done)(struct round *round, void *owner, void *context);

/* At most MAX_IN_FLIGHT requests run at a time, over all rounds. -errno. */
int rounds_new(uint32_t max_in_flight, round_done done, void *context, struct rounds **ret_rounds);
/* Cancels and forgets what is open. Takes NULL. */
void rounds_free(struct rounds *rounds);
DEFINE_CLEANUP(struct rounds *, rounds_free);

/* How far the open rounds are: requests of their present volleys, queued ones included. */
struct rounds_progress {
    uint32_t requests, armed, released, answered;
    unsigned attempt; /* of the first open round; 0: none is open */
    bool is_held;     /* some volley waits for its T0, and wants the processors */
};
/* Call it before the first round, in order to ask for their progress. */
void rounds_watch(struct rounds *rounds);
struct rounds_progress rounds_progress(const struct rounds *rounds);

void rounds_set_ceiling(struct rounds *rounds, uint32_t max_in_flight);
/* Readable when rounds_dispatch has something to do. */
int rounds_fd(const struct rounds *rounds);
/* Takes finished volleys, begins next attempts and queued rounds, calls round_done. */
void rounds_dispatch(struct rounds *rounds);

/* Begins a round of ENDPOINT now, or when the ceiling has room for it, first come first served. The round
 * holds a reference to PLAN until it ends. A volley whose signatures were refused because of expired
 * credentials, or because of their time, is sent once more in its own place. OWNER is handed to round_done.
 * *HANDLE names the round while it is open, and is NULL before and after. -EALREADY: *HANDLE is open.
 * -EINVAL: nothing is ordered. -ESHUTDOWN: winding down. -ENOMEM. */
int rounds_start(struct rounds *rounds, struct plan *plan, const struct endpoint *endpoint,
                 const struct order *order, void *owner, struct open_round **handle);
/* From now on the round is OWNER's, who has it in *HANDLE; both NULL: nobody's. */
void round_pass(struct open_round *open, void *owner, struct open_round **handle);
/* OPEN may be NULL. */
enum round_state round_state(const struct open_round *open);
/* Gives a queued round another order, of ENDPOINT in PLAN (which is referenced); it keeps its place in the
 * queue. ORDER's count is at least 1. */
void round_reorder(struct open_round *open, struct plan *plan, const struct endpoint *endpoint,
                   const struct order *order);
/* Drops a queued round: none of it is sent, and it isn't reported. */
void rounds_withdraw(struct rounds *rounds, struct open_round *open);
size_t rounds_open(const struct rounds *rounds); /* queued and running */

/* Forgets queued rounds; running ones begin no further attempts. */
void rounds_wind_down(struct rounds *rounds);
/* Ends the waits of running rounds; they finish with what they have. */
void rounds_cancel(struct rounds *rounds);

#endif
