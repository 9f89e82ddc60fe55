/* Rounds in progress: queued under the ceiling, running their attempts, and judged. Belongs to the main
 * thread. */
#ifndef WARMD_SERVICE_ROUNDS_H
#define WARMD_SERVICE_ROUNDS_H

#include "base/cleanup.h"
#include "decide/policy.h"
#include "plan/plan.h"
#include "record/round.h"

struct rounds;

enum round_state { ROUND_IDLE, ROUND_QUEUED, ROUND_RUNNING };

/* Receives each finished round and takes it. ENDPOINT is valid during the call. */
typedef void (*round_done)(struct round *round, const struct endpoint *endpoint, void *context);

/* At most MAX_IN_FLIGHT requests run at a time, over all rounds. -errno. */
int rounds_new(uint32_t max_in_flight, round_done done, void *context, struct rounds **ret_rounds);
/* Cancels and forgets what is open. Takes NULL. */
void rounds_free(struct rounds *rounds);
DEFINE_CLEANUP(struct rounds *, rounds_free);

void rounds_set_ceiling(struct rounds *rounds, uint32_t max_in_flight);
/* Readable when rounds_dispatch has something to do. */
int rounds_fd(const struct rounds *rounds);
/* Takes finished volleys, begins next attempts and queued rounds, calls round_done. */
void rounds_dispatch(struct rounds *rounds);

/* Begins a round of ENDPOINT now, or when the ceiling has room for it, first come first served. The round
 * holds a reference to PLAN until it ends. A volley whose signatures were refused because of expired
 * credentials, or because of their time, is sent once more in its own place. RET_ID (NULL: not wanted)
 * becomes the round's id before round_done can be called. -EALREADY: a round of ENDPOINT is queued or
 * running. -EINVAL: nothing is ordered. -ESHUTDOWN: winding down. -ENOMEM. */
int rounds_start(struct rounds *rounds, struct plan *plan, const struct endpoint *endpoint,
                 const struct order *order, char ret_id[ROUND_ID_TEXT]);
/* The state of round ID. */
enum round_state rounds_state(const struct rounds *rounds, const char *id);
/* Gives the queued round ID another order, of ENDPOINT in PLAN (which is referenced); it keeps its place in
 * the queue. ORDER's count is at least 1. */
void rounds_reorder(struct rounds *rounds, const char *id, struct plan *plan, const struct endpoint *endpoint,
                    const struct order *order);
/* Drops the queued round ID: none of it is sent, and it isn't reported. */
void rounds_withdraw(struct rounds *rounds, const char *id);
size_t rounds_open(const struct rounds *rounds); /* queued and running */

/* Forgets queued rounds; running ones begin no further attempts. */
void rounds_wind_down(struct rounds *rounds);
/* Ends the waits of running rounds; they finish with what they have. */
void rounds_cancel(struct rounds *rounds);

#endif
