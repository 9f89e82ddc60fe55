/* A volley: all requests of one endpoint, complete on the wire but for their last bytes, released at one
 * instant. */
#ifndef WARMD_VOLLEY_VOLLEY_H
#define WARMD_VOLLEY_VOLLEY_H

#include "plan/plan.h"
#include "record/round.h"

#include "volley/message.h"

#include <pthread.h>
#include <stdatomic.h>

/* What is ordered, and what came of it. Whoever has it owns it: it is handed to the pool whole and comes back
 * whole. */
struct volley {
    /* the order */
    struct plan *plan; /* a reference of the volley's own */
    const struct endpoint *endpoint;
    char round_id[ROUND_ID_TEXT];
    uint32_t attempt; /* from 1 */
    uint64_t hold_us;
    /* what came of it: one sample for each request, in the order of their index */
    struct sample *samples;
    size_t n_samples;
    struct volley_facts facts;
    struct error note;                   /* what to warn of although it went on; empty: nothing */
    const struct message_setup *message; /* while it is executed */
    char *host;                          /* that it went to; NULL: it didn't come to that */
    unsigned port;
    /* set by pool_cancel: descriptors become readable, waits end */
    int cancel_fd;
    atomic_bool cancelled;
    void *owner; /* the orderer's own */
    struct {     /* the pool's own */
        struct volley *next;
        struct pool *pool;
        pthread_t thread;
        bool has_thread;
    } in_pool;
};

/* A volley of COUNT requests for ENDPOINT of PLAN (which is referenced). NULL: out of memory. */
struct volley *volley_new(struct plan *plan, const struct endpoint *endpoint,
                          const char round_id[ROUND_ID_TEXT], uint32_t attempt, uint32_t count,
                          uint64_t hold_us);
void volley_free(struct volley *volley); /* takes NULL */

/* Resolves, arms, releases and collects, on this thread and as many more as there are cores. Cannot fail as a
 * whole: what goes wrong is in the samples. */
void volley_execute(struct volley *volley);

/* Gives every sample without an outcome this cause. DETAIL may be NULL. */
void volley_fail_rest(struct volley *volley, enum cause cause, const char *detail);

/* To be called once, before any thread: libcurl's and OpenSSL's own state. 0 or -ENOSYS. */
int volley_global_init(void);

#endif
