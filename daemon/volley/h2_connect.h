/* TCP for a link: one of the host's addresses after the other. DEADLINE_US: CLOCK_MONOTONIC. */
#ifndef WARMD_VOLLEY_H2_CONNECT_H
#define WARMD_VOLLEY_H2_CONNECT_H

#include "volley/h2_link.h"

/* Begins with the next address; when none is left the link is dead. */
void h2_connect_next(struct h2_link *link, uint64_t deadline_us);
/* Looks whether there is a connection: then the link is LINK_SHAKING. What has failed, or takes too long, is
 * left for the next address. */
void h2_connect_finish(struct h2_link *link, uint64_t deadline_us);

#endif
