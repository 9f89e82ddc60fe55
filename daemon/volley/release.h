/* The moment of release: when it is, and whose turn it is. Volleys arm side by side; their releases exclude
 * each other. */
#ifndef WARMD_VOLLEY_RELEASE_H
#define WARMD_VOLLEY_RELEASE_H

#include "volley/volley.h"

/* How long sending ahead may still take when the others are ready. */
enum { RELEASE_GRACE_US = 500000 };

/* When what was just sent ahead over N_CONNECTIONS, whose longest round trip is ROUND_TRIP_US, has arrived
 * and been processed, in microseconds of CLOCK_MONOTONIC. */
uint64_t release_settled_us(size_t n_connections, uint64_t round_trip_us);
/* Waits until SETTLED_US, takes the turn and returns T0 (CLOCK_MONOTONIC). For one request that is now: there
 * is nothing that it has to be simultaneous with. */
uint64_t release_take_turn(uint64_t settled_us, size_t n_requests);
/* Returns at T0, after spinning for the last of the wait. Any thread. */
void release_wait(uint64_t at_us);
/* Gives this thread priority over all ordinary ones (SCHED_FIFO), if VOLLEY's plan wants that and it is
 * allowed. Returns whether; hand that to the other two. */
bool release_begin_realtime(const struct volley *volley);
void release_end_realtime(bool realtime);
/* The last byte is sent: ends the turn. Only the thread that took it calls this. */
void release_end_turn(struct volley *volley, bool realtime);

#endif
