/* A connection: bytes in, with the kernel's receive stamps, requests out; answers in, bytes out. */
#ifndef SIM_CONNECTION_H
#define SIM_CONNECTION_H

#include "request.h"

#include <http_parser.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>

struct server;

struct connection {
    struct connection *next, **slot; /* in the server's list */
    struct server *server;
    int fd;
    uint64_t number;
    SSL *ssl;    /* over memory BIOs; NULL: plain */
    bool shaken; /* the handshake is done */
    nghttp2_session *h2;
    http_parser parser;
    struct request *request; /* HTTP/1.1: the one being parsed */
    bool value_next;         /* of the header being parsed */
    unsigned char *waiting;  /* HTTP/1.1: input behind a request that is not answered yet */
    size_t n_waiting;
    unsigned char *out; /* what the socket hasn't taken */
    size_t n_out;
    uint64_t stamp_ns; /* of the bytes being looked at */
    unsigned open;     /* requests that are not answered */
    bool closing;      /* once all is written */
    bool dead;         /* closed; freed when `open` is 0 */
};

/* Reads all there is. False: the connection is over. */
bool connection_read(struct connection *connection);
/* Writes what the socket takes. False: the connection is over. */
bool connection_write(struct connection *connection);
void connection_answer(struct connection *connection, const struct request *request,
                       const struct answer *answer);
/* Ends the request's stream with an HTTP/2 error code instead; with GOAWAY, tells that it and all later ones
 * were not looked at. Over HTTP/1.1 the connection is closed. */
void connection_abort(struct connection *connection, const struct request *request, uint32_t error,
                      bool goaway);
void connection_free(struct connection *connection);

/* Bytes for the peer, before encryption. */
void connection_send(struct connection *connection, const void *bytes, size_t length);
/* A request is complete: it is the server's now. */
void connection_complete(struct connection *connection, struct request *request);

/* http1.c, http2.c: take decrypted bytes. False: the connection is over. */
bool http1_take(struct connection *connection, const unsigned char *bytes, size_t length);
void http1_answer(struct connection *connection, const struct request *request, const struct answer *answer);
void http1_start(struct connection *connection);
bool http2_start(struct connection *connection, unsigned max_streams);
bool http2_take(struct connection *connection, const unsigned char *bytes, size_t length);
void http2_answer(struct connection *connection, const struct request *request, const struct answer *answer);
void http2_abort(struct connection *connection, const struct request *request, uint32_t error, bool goaway);
bool http2_flush(struct connection *connection);

#endif
