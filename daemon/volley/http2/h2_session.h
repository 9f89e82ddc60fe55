/* HTTP/2 on one connection: what nghttp2 tells us of it. */
#ifndef WARMD_VOLLEY_HTTP2_H2_SESSION_H
#define WARMD_VOLLEY_HTTP2_H2_SESSION_H

#include "volley/http2/h2_stream.h"
#include "volley/http2/h2_wire.h"

/* Zero-initialised is closed. */
struct h2_session {
    nghttp2_session *nghttp2; /* NULL: closed */
    uint64_t stamp_ns;        /* of the bytes being read; set before them */
    bool reads_early;         /* they arrived before the release; the same */
    bool greeted;             /* the server's SETTINGS have come */
    bool sent_away;           /* by GOAWAY */
    bool wants_http1;         /* HTTP_1_1_REQUIRED: these requests work only over HTTP/1.1 (RFC 9113, 7) */
};

/* Begins a client's session, with its greeting written (waiting to be sent). SESSION stays where it is.
 * -ENOMEM. */
int h2_session_open(struct h2_session *session);
void h2_session_close(struct h2_session *session);

/* Writes the frames that wait for the server: what fits into a record is one. -ENOMEM; -EIO: TLS or nghttp2
 * can't go on. */
int h2_session_write(struct h2_session *session, struct h2_wire *wire);

/* How many streams the server allows at a time. */
uint32_t h2_session_max_streams(const struct h2_session *session);

/* How many of the N streams can be carried so that one TLS record completes them all; at least 1. -ENOMEM. */
int h2_session_fit(const struct h2_session *session, struct h2_stream *const *streams, size_t n);

#endif
