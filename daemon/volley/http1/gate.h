/* The gate: what libcurl sends for one request is kept back, complete and encrypted, until its last byte is
 * released. Threads don't wait: bytes wait.
 *
 * Two ways to keep them, with the same result:
 * - by BIO: a filter BIO in front of libcurl's own takes the TLS records. The cheaper one; needs libcurl on
 *   OpenSSL and one TLS layer. gate_bio_holds proves at run time that it does.
 * - by socket: while libcurl writes the request, the connection's descriptor number is a socket pair. Works
 *   for plain http, for TLS inside TLS (https proxies) and with any TLS library.
 *
 * A gate belongs to one thread. It must outlive the connection: a BIO refers to it. */
#ifndef WARMD_VOLLEY_HTTP1_GATE_H
#define WARMD_VOLLEY_HTTP1_GATE_H

#include "base/text.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gate {
    int fd;           /* the connection's; libcurl owns it */
    bool holding;     /* what is written now is kept */
    struct text kept; /* failed: the request is incomplete */
    size_t sent;
    int pair;       /* by socket: the end from which we read what is to be kept, else -1 */
    int connection; /* by socket: the real connection while FD is the pair, else -1 */
};

void gate_init(struct gate *gate);
void gate_free(struct gate *gate); /* only after the connection is closed */

/* Begins to keep what SSL writes; FD is the socket underneath. -ENOMEM. */
int gate_hold_bio(struct gate *gate, SSL *ssl, int fd);
/* Begins to keep what is written to FD. -errno of socketpair, fcntl or dup3. */
int gate_hold_socket(struct gate *gate, int fd);

/* By socket: takes what was written since; true if there was anything. */
bool gate_drain(struct gate *gate);
/* The request is complete: by socket, FD is the connection again; by BIO, writes still wait. -errno. */
int gate_close(struct gate *gate);
/* By socket: libcurl has closed FD while FD was the pair; drops the connection, too. */
void gate_forget_fd(struct gate *gate);

/* Sends all kept bytes but the last. 1: done. 0: the socket takes no more now. -errno: the connection is
 * broken. */
int gate_send_ahead(struct gate *gate);
bool gate_is_ahead(const struct gate *gate); /* all but the last are sent */
/* Sends the last byte. 0, -EAGAIN, or -errno when the connection is broken. */
int gate_release(struct gate *gate);
/* From here on, writes pass through. */
void gate_open(struct gate *gate);

/* Does a gate by BIO hold? It relies on libcurl's internals (which BIO it writes to, and when), so we test
 * it: one TLS request goes through libcurl over loopback to a server in this thread, and no byte of it may
 * arrive before the release, and all of it after. Takes some milliseconds. */
bool gate_selftest_bio(void);
/* The result of the first test, kept for the life of the process. Thread-safe. */
bool gate_bio_holds(void);

#endif
