/* The HTTP/2 engine: as few connections as the server's stream limit allows, one byte to release each. */
#ifndef WARMD_VOLLEY_HTTP2_HTTP2_H
#define WARMD_VOLLEY_HTTP2_HTTP2_H

#include "volley/run.h"

/* Arms, releases and collects; afterwards every sample has its outcome. False: the server doesn't speak
 * HTTP/2 (which we remember), nothing was sent and no sample has been touched. */
bool http2_fire(struct run *run);

#endif
