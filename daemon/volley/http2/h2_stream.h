/* One request of a volley as an HTTP/2 stream. */
#ifndef WARMD_VOLLEY_HTTP2_H2_STREAM_H
#define WARMD_VOLLEY_HTTP2_H2_STREAM_H

#include "protocol/answer.h"
#include "volley/run.h"

#include <nghttp2/nghttp2.h>

struct h2_link;

struct h2_stream {
    const struct run *run;
    struct sample *sample;
    struct h2_link *link; /* the connection that carries it; NULL: none yet */
    int32_t id;           /* 0: not submitted */
    struct request request;
    struct answer answer;
    size_t body_sent;
    bool may_end;        /* the body's last byte may be written */
    bool complete;       /* its END_STREAM is written */
    bool answered;       /* the server's END_STREAM has come: the answer is whole */
    bool done;           /* the sample has its outcome */
    size_t header_bytes; /* of the answer, including interim ones */
};

/* Renders the request of SAMPLE's index. On failure the stream is done, and its sample has the cause. */
void h2_stream_prepare(struct h2_stream *stream, const struct run *run, struct sample *sample);
void h2_stream_free(struct h2_stream *stream);

/* Takes the stream from a dead connection, for another one. What arrived on the first is forgotten: it
 * doesn't answer the request that the second makes. */
void h2_stream_return(struct h2_stream *stream);

/* The header fields, :authority and :path from the rendered URL. They point into the stream's request; the
 * caller frees the array. -ENOMEM. */
struct h2_fields {
    nghttp2_nv *fields;
    size_t n;
};
int h2_stream_fields(const struct h2_stream *stream, struct h2_fields *ret_fields);

/* Opens the stream in SESSION: everything may be written except a body's last byte. Returns nghttp2's error
 * code. */
int h2_stream_submit(struct h2_stream *stream, nghttp2_session *session);

/* NOW_NS, here and below: when the bytes came, CLOCK_MONOTONIC. False: more headers than any answer has. */
bool h2_stream_take_header(struct h2_stream *stream, const char *name, size_t n_name, const char *value,
                           size_t n_value, uint64_t now_ns);
/* The stream is closed, with ERROR (RFC 9113, 7). It counts only if the answer was complete before. */
void h2_stream_close(struct h2_stream *stream, uint32_t error, uint64_t now_ns);
/* Gives the sample CAUSE, unless it has its outcome. DETAIL may be NULL. */
void h2_stream_fail(struct h2_stream *stream, enum cause cause, const char *detail, uint64_t now_ns);

#endif
