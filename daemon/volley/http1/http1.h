/* The HTTP/1.1 engine: libcurl, one connection per request, as many threads as cores. */
#ifndef WARMD_VOLLEY_HTTP1_HTTP1_H
#define WARMD_VOLLEY_HTTP1_HTTP1_H

#include "volley/run.h"

/* Arms, releases and collects; afterwards every sample has its outcome. */
void http1_fire(struct run *run);

#endif
