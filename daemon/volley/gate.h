/* The gate: what libcurl sends for one request is kept back, complete and encrypted, until its last byte is
 * released. Threads do not wait: bytes wait.
 *
 * Two ways to keep them, with the same result:
 *   by BIO     a filter BIO in front of libcurl's own takes the TLS records. The cheaper one; needs libcurl
 * on OpenSSL and one TLS layer. gate_selftest.h proves at run time that it holds. by socket  for the time in
 * which libcurl writes the request, the connection's descriptor number is a socket pair. Works for plain
 * http, for TLS inside TLS (https proxies) and with any TLS library.
 *
 * A gate belongs to one thread. It must outlive the connection: a BIO refers to it. */
#ifndef WARMD_VOLLEY_GATE_H
#define WARMD_VOLLEY_GATE_H

#include "record/round.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gate {
    int fd;       /* the connection's; libcurl owns it */
    bool holding; /* what is written now is kept */
    unsigned char *bytes;
    size_t length;
    size_t capacity;
    size_t sent;
    bool failed;    /* out of memory while keeping: the request is not whole */
    int pair;       /* by socket: the end that the kept bytes are read from, else -1 */
    int connection; /* by socket: the real connection, while FD stands for the pair, else -1 */
};

void gate_init(struct gate *gate);
void gate_free(struct gate *gate); /* not before the connection is closed */

/* Begins to keep what SSL writes; FD is the socket underneath. -ENOMEM. */
int gate_hold_bio(struct gate *gate, SSL *ssl, int fd);
/* Begins to keep what is written to FD. -errno of socketpair, fcntl or dup3. */
int gate_hold_socket(struct gate *gate, int fd);

/* By socket: takes over what was written since; true if there was anything. */
bool gate_drain(struct gate *gate);
/* The request is complete: by socket, FD is the connection again. Writes still wait if by BIO. -errno. */
int gate_close(struct gate *gate);
/* By socket: libcurl has closed FD in the middle; drops the connection too. */
void gate_forget_fd(struct gate *gate);

/* Sends all kept bytes but the last. 1: done. 0: the socket takes no more now. -errno: the connection is
 * broken. */
int gate_send_ahead(struct gate *gate);
bool gate_is_ahead(const struct gate *gate); /* all but the last are sent */
/* Sends the last byte. 0, -EAGAIN, or -errno when the connection is broken. */
int gate_release(struct gate *gate);
/* Writes pass through from here on. */
void gate_open(struct gate *gate);

#endif
