/* The pool of threads that volleys run on. A thread lives as long as its volley: when idle, there is none.
 * The pool itself belongs to one thread, which calls all of these. */
#ifndef WARMD_VOLLEY_POOL_H
#define WARMD_VOLLEY_POOL_H

#include "base/cleanup.h"
#include "volley/volley.h"

struct pool;

int pool_new(struct pool **ret_pool); /* -errno */
/* Cancels what runs, waits for it and frees everything. Accepts NULL. */
void pool_free(struct pool *pool);
DEFINE_CLEANUP(struct pool *, pool_free);

/* Readable when volleys have finished: take until there are none. */
int pool_fd(const struct pool *pool);
/* Consumes VOLLEY; it always comes back through pool_take: without a thread, its samples say so. */
void pool_submit(struct pool *pool, struct volley *volley);
/* The next finished volley, which the caller then owns; NULL: none. */
struct volley *pool_take(struct pool *pool);
/* Ends the waits of all running volleys: their open requests fail with the cause "stopped". */
void pool_cancel(struct pool *pool);

#endif
