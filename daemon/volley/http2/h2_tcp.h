/* A TCP connection to the first of a host's addresses that answers. They are tried one after the other. */
#ifndef WARMD_VOLLEY_HTTP2_H2_TCP_H
#define WARMD_VOLLEY_HTTP2_H2_TCP_H

#include "net/resolve.h"

struct h2_tcp {
    const struct addresses *addresses;
    unsigned port;
    uint64_t patience_us; /* for each address but the last */
    int fd;               /* -1: none */
    size_t first;         /* where in the list it begins, modulo its length */
    size_t tried;
    uint64_t until_us; /* CLOCK_MONOTONIC: then the address being tried is given up */
};

/* Begins with the next address. DEADLINE_US: CLOCK_MONOTONIC. 0, or -errno of the last one: none is left. */
int h2_tcp_begin(struct h2_tcp *tcp, uint64_t deadline_us);
/* 1: connected. 0: not yet, though perhaps on to the next address, as this one has failed or taken too long.
 * -errno: the last one has. */
int h2_tcp_finish(struct h2_tcp *tcp, uint64_t deadline_us);
void h2_tcp_close(struct h2_tcp *tcp);
/* As the kernel measured it, in microseconds; 0: unknown. */
uint32_t h2_tcp_round_trip_us(const struct h2_tcp *tcp);

#endif
