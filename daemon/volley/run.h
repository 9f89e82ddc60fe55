/* One execution of a volley: what it goes by, whichever engine carries it out, and the two engines. */
#ifndef WARMD_VOLLEY_RUN_H
#define WARMD_VOLLEY_RUN_H

#include "net/route.h"
#include "volley/message.h"
#include "volley/volley.h"

struct run {
    struct volley *volley;
    struct message_setup message;
    struct route route;
    uint64_t start_us;
    uint64_t ready_by_us; /* CLOCK_MONOTONIC: what isn't ready by then has failed */
};

/* An engine arms, releases and collects; afterwards every sample has its outcome.
 *
 * HTTP/1.1: libcurl, a connection for each request, as many threads as cores. */
void http1_fire(const struct run *run);
/* HTTP/2: as few connections as the server's stream limit allows, one byte to release each. False: the server
 * doesn't speak HTTP/2 (which we remember), nothing was sent and no sample has been touched. */
bool http2_fire(const struct run *run);

#endif
