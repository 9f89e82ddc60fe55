/* Rounds in progress: queued under the ceiling, running their attempts, and judged. Belongs to the main
 * thread. */
#ifndef WARMD_COMMANDS_ROUNDS_H
#define WARMD_COMMANDS_ROUNDS_H

#include "base/cleanup.h"
#include "plan/plan.h"
#include "record/round.h"

struct rounds;

enum round_state { ROUND_IDLE, ROUND_QUEUED, ROUND_RUNNING };

/* Receives each finished round, which is the callee's from then on. ENDPOINT is valid during the call. */
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

/* What ENDPOINT's own configuration orders for WARM instances. */
struct round_order rounds_order_of(const struct endpoint *endpoint, uint32_t warm);

/* Begins a round of ENDPOINT now, or when the ceiling has room for it, first come first served. PLAN is
 * referenced until it ends. A volley whose signatures were refused for credentials that have expired, or for
 * their time, is sent once more in place of itself. RET_ID (NULL: not wanted) is the round's id, and is set
 * before round_done can be called. -EALREADY: one of ENDPOINT is queued or running. -EINVAL: nothing is
 * ordered. -ESHUTDOWN: winding down. -ENOMEM. */
int rounds_start(struct rounds *rounds, struct plan *plan, const struct endpoint *endpoint,
                 const struct round_order *order, char ret_id[ROUND_ID_TEXT]);
/* By the round's id. */
enum round_state rounds_state(const struct rounds *rounds, const char *id);
/* Gives the queued round ID another order, of ENDPOINT in PLAN (which is referenced); it keeps its place in
 * the queue. ORDER's count is at least 1. */
void rounds_reorder(struct rounds *rounds, const char *id, struct plan *plan, const struct endpoint *endpoint,
                    const struct round_order *order);
/* Drops the queued round ID: nothing of it is sent, and it is not told. */
void rounds_withdraw(struct rounds *rounds, const char *id);
size_t rounds_open(const struct rounds *rounds); /* queued and running */

/* Forgets the queued ones; running ones begin no further attempt. */
void rounds_wind_down(struct rounds *rounds);
/* Ends the waits of those that run; they finish with what they have. */
void rounds_cancel(struct rounds *rounds);

#endif
