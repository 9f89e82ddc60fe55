/* The HTTP/1.1 engine: libcurl, a connection for each request, as many threads as cores. */
#ifndef WARMD_VOLLEY_HTTP1_H
#define WARMD_VOLLEY_HTTP1_H

#include "volley/run.h"

/* Arms, releases and collects; every sample has its outcome afterwards. */
void http1_fire(struct run *run);

#endif
