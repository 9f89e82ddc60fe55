/* TCP for a link: tries the host's addresses one after the other. DEADLINE_US: CLOCK_MONOTONIC. */
#ifndef WARMD_VOLLEY_HTTP2_H2_CONNECT_H
#define WARMD_VOLLEY_HTTP2_H2_CONNECT_H

#include "volley/http2/h2_link.h"

/* Tries the next address; when none is left, the link is dead. */
void h2_connect_next(struct h2_link *link, uint64_t deadline_us);
/* Checks for a connection: then the link is LINK_SHAKING. An address that fails, or takes too long, is given
 * up for the next. */
void h2_connect_finish(struct h2_link *link, uint64_t deadline_us);

#endif
