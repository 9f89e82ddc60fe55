/* A volley: all requests of one endpoint, complete on the wire but for their last bytes, released at one
 * instant. Here it is a value: an order and its results; volley/execute.h carries it out. */
#ifndef WARMD_VOLLEY_VOLLEY_H
#define WARMD_VOLLEY_VOLLEY_H

#include "base/error.h"
#include "base/trace.h"
#include "plan/plan.h"
#include "record/round.h"
#include "volley/progress.h"

#include <pthread.h>
#include <stdatomic.h>

/* Whoever has it owns it: the pool gets it whole and gives it back whole. */
struct volley {
    /* the order */
    struct plan *plan; /* a reference of its own */
    const struct endpoint *endpoint;
    char round_id[ROUND_ID_TEXT];
    struct attempt attempt; /* its hold is ordered; what the volley sees of itself is a result */
    /* the results: one sample for each request, in the order of their index */
    struct sample *samples;
    size_t n_samples;
    char *host; /* the host it went to; NULL: it didn't get that far */
    unsigned port;
    /* set by pool_cancel: the descriptor becomes readable, waits end */
    int cancel_fd;
    atomic_bool cancelled;
    void *owner;                      /* the caller's own */
    struct volley_progress *progress; /* the caller's, who may read it meanwhile; NULL: nobody does */
    struct {                          /* the pool's own */
        struct volley *next;
        struct pool *pool;
        pthread_t thread;
        bool has_thread;
        atomic_bool finished;
    } in_pool;
};

/* A volley of COUNT requests for ENDPOINT of PLAN (takes a reference to it). NULL: out of memory. */
struct volley *volley_new(struct plan *plan, const struct endpoint *endpoint,
                          const char round_id[ROUND_ID_TEXT], uint32_t attempt, uint32_t count,
                          uint64_t hold_us);
void volley_free(struct volley *volley); /* accepts NULL */

/* A step of it for base/trace.h. */
#define VOLLEY_TRACE(volley, ...) TRACE((volley)->endpoint->name, (volley)->round_id, __VA_ARGS__)
/* For its progress: so many more of its requests are armed (modulo 2^32: fewer), or answered. */
void volley_count_armed(const struct volley *volley, unsigned more);
void volley_count_answered(const struct volley *volley);
/* It is in this stage now. Traces how many requests are armed, since START_US (CLOCK_MONOTONIC), and, after
 * the last byte, how closely they were released. */
void volley_is_armed(const struct volley *volley, uint64_t start_us, const char *held_by);
void volley_is_released(const struct volley *volley);

/* Gives every sample without an outcome this cause. DETAIL may be NULL. */
void volley_fail_rest(struct volley *volley, enum cause cause, const char *detail);

#endif
