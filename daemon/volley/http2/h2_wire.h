/* TLS over memory buffers, so that every byte leaves when we say so. */
#ifndef WARMD_VOLLEY_HTTP2_H2_WIRE_H
#define WARMD_VOLLEY_HTTP2_H2_WIRE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

enum { H2_RECORD_BYTES = 16384 }; /* of plaintext in a TLS record (RFC 8446, 5.1) */

struct h2_wire {
    SSL *ssl;
    unsigned char *out; /* encrypted, waiting for the socket or for the release */
    size_t n_out, n_sent;
};

void h2_wire_free(struct h2_wire *wire);

/* Encrypts BYTES, at most H2_RECORD_BYTES, into one record. False: TLS is over. */
bool h2_wire_encrypt(struct h2_wire *wire, const unsigned char *bytes, size_t n);
/* Lets TLS see what has arrived. False: out of memory. */
bool h2_wire_receive(struct h2_wire *wire, const unsigned char *bytes, size_t n);
/* Puts what TLS has written into `out`. -ENOMEM. */
int h2_wire_collect(struct h2_wire *wire);

/* Sends what waits, up to UNTIL, as far as FD takes it now. -errno: the connection is broken. */
int h2_wire_send(struct h2_wire *wire, int fd, size_t until);
/* How much waits. */
size_t h2_wire_left(const struct h2_wire *wire);

#endif
