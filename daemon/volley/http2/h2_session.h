/* nghttp2's callbacks for a link. */
#ifndef WARMD_VOLLEY_HTTP2_H2_SESSION_H
#define WARMD_VOLLEY_HTTP2_H2_SESSION_H

#include "volley/http2/h2_link.h"

enum { H2_RECORD_BYTES = 16384 }; /* of plaintext in a TLS record (RFC 8446, 5.1) */

/* A client session for LINK with its greeting written (waiting to be sent). NULL: out of memory. */
nghttp2_session *h2_session_new(struct h2_link *link);

/* How many streams the server allows at a time. */
uint32_t h2_session_max_streams(nghttp2_session *session);

/* How many of the N streams can be carried so that one TLS record completes them all; at least 1. -ENOMEM. */
int h2_session_fit(nghttp2_session *session, struct h2_stream *const *streams, size_t n);

#endif
