/* The bytes of a connection: TCP to the first of a host's addresses that answers (they are tried one after
 * the other), and TLS over memory buffers, so that every byte leaves when we say so. */
#ifndef WARMD_VOLLEY_HTTP2_H2_WIRE_H
#define WARMD_VOLLEY_HTTP2_H2_WIRE_H

#include "volley/run.h"

enum { H2_RECORD_BYTES = 16384 }; /* of plaintext in a TLS record (RFC 8446, 5.1) */

/* What all connections of a volley share. */
struct h2_setup {
    const struct run *run;
    SSL_CTX *context;
    uint64_t patience_us;  /* how long we count on an address (but the last), or a connection */
    uint32_t streams_most; /* of a connection, whatever the server allows */
    uint64_t until_us;     /* CLOCK_MONOTONIC: nothing goes on beyond */
};

struct h2_wire {
    const struct h2_setup *setup;
    int fd;            /* -1: none */
    size_t first;      /* where in the list of addresses it begins, modulo its length */
    size_t tried;      /* how many of them */
    uint64_t until_us; /* CLOCK_MONOTONIC: then the address being tried is given up */
    SSL *ssl;
    struct text out; /* encrypted, waiting for the socket or for the release */
    size_t n_sent;   /* of it */
};

/* Begins with the next address. 0, or -errno of the last one: none is left. */
int h2_wire_connect(struct h2_wire *wire);
/* 1: connected. 0: not yet, though perhaps on to the next address, as this one has failed or taken too long.
 * -errno: the last one has. */
int h2_wire_connected(struct h2_wire *wire);
/* The address that was tried last. */
const char *h2_wire_address(const struct h2_wire *wire);
void h2_wire_disconnect(struct h2_wire *wire);
void h2_wire_free(struct h2_wire *wire);

/* Encrypts BYTES, at most H2_RECORD_BYTES, into one record. False: TLS is over. */
bool h2_wire_encrypt(struct h2_wire *wire, const unsigned char *bytes, size_t n);
/* Puts what TLS has written into `out`. -ENOMEM. */
int h2_wire_collect(struct h2_wire *wire);
/* Sends what waits, up to UNTIL, as far as the socket takes it now. -errno: the connection is broken. */
int h2_wire_send(struct h2_wire *wire, size_t until);
/* How much waits. */
size_t h2_wire_left(const struct h2_wire *wire);

#endif
