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
    struct connection *next_changed; /* in the server's list of those to be settled */
    bool changed;
    struct server *server;
    int fd;
    uint32_t watched; /* the events that epoll watches for */
    uint64_t number;
    SSL *ssl;     /* over memory BIOs; NULL: plain */
    bool greeted; /* TLS: the first flight was answered, the costly half of the handshake */
    bool shaken;  /* TLS: the handshake is done */
    nghttp2_session *h2;
    http_parser parser;
    struct buffer field, value; /* HTTP/1.1: the header being parsed */
    struct request *request;    /* HTTP/1.1: the one being parsed; in `requests` too */
    struct buffer waiting;      /* HTTP/1.1: input after a request that isn't answered yet */
    struct request *requests;   /* all that belong to it */
    size_t n_unanswered;        /* of these, complete ones */
    struct stamp stamp;         /* of the bytes being read */
    struct buffer out;          /* what the socket hasn't taken */
    uint64_t discarded;         /* bytes, while lingering */
    bool ended;                 /* the peer sends no more */
    bool closing;               /* once all is written */
    bool refused;               /* closing, and the peer may still be sending */
    bool lingering;             /* sending has been shut; what comes is discarded */
    bool failed;                /* over at once */
    bool dead;                  /* closed; freed at the end of the server's turn */
};

/* Reads and takes in what there is, up to a limit; connection_settle() must follow. */
void connection_read(struct connection *connection);
/* Writes what the socket takes, and closes the connection if it is over. */
void connection_settle(struct connection *connection);
/* Answers a complete request, and detaches it from its connection unless it is an HTTP/2 stream that is still
 * being sent. Does nothing if the connection is gone. */
void connection_answer(struct request *request, const struct answer *answer);
/* Ends the request's stream with an HTTP/2 error code instead; with GOAWAY, says that it and all later ones
 * were not looked at. Over HTTP/1.1 the connection is closed. */
void connection_abort(struct request *request, uint32_t error, bool goaway);
void connection_free(struct connection *connection);

/* Queues bytes for the peer, and encrypts them over TLS. */
void connection_send(struct connection *connection, const void *bytes, size_t length);
/* REQUEST, of this connection, has arrived: hands it to the server. */
void connection_complete(struct connection *connection, struct request *request);
/* Passes clear bytes to the protocol. */
void connection_give(struct connection *connection, const void *bytes, size_t length);

/* tls.c */
struct tls_options {
    const char *certificate, *key; /* PEM */
    const char *client_ca;         /* clients must have a certificate from it; NULL: they need none */
    bool with_h2;
};
/* NULL: the reason is on stderr. OPTIONS must outlive the context. */
SSL_CTX *tls_context(const struct tls_options *options);
void tls_start(struct connection *connection, SSL_CTX *context);
void tls_take(struct connection *connection, const void *bytes, size_t length);
void tls_send(struct connection *connection, const void *bytes, size_t length);
void tls_end(struct connection *connection);

/* http1.c, http2.c */
void http1_start(struct connection *connection);
void http1_take(struct connection *connection, const void *bytes, size_t length);
void http1_answer(struct request *request, const struct answer *answer);
/* SENT_AWAY: behaves like a server that is just shutting down. */
void http2_start(struct connection *connection, unsigned max_streams, bool sent_away);
void http2_take(struct connection *connection, const void *bytes, size_t length);
void http2_answer(struct request *request, const struct answer *answer);
void http2_abort(struct request *request, uint32_t error, bool goaway);
/* Sends what the session has to say. */
void http2_flush(struct connection *connection);

#endif
