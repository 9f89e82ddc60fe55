/* HTTP/2 with libnghttp2. A stream's user data is its request until the stream is closed. */
#include "connection.h"

#include "memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct request *request = request_new(context);
    request->stream = frame->hd.stream_id;
    request->http_version = "2";
    request->keep_alive = true;
    return nghttp2_session_set_stream_user_data(session, request->stream, request);
}

static void take_text(char **text, const uint8_t *value, size_t length)
{
    free(*text);
    *text = duplicate((const char *)value, length);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t n_name,
                     const uint8_t *value, size_t n_value, uint8_t flags, void *context)
{
    struct request *request = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)flags, (void)context;
    if (!request)
        return 0;
    if (strcmp((const char *)name, ":method") == 0)
        take_text(&request->method, value, n_value);
    else if (strcmp((const char *)name, ":path") == 0)
        take_text(&request->target, value, n_value);
    else
        request_add_header(request, (const char *)name, n_name, (const char *)value, n_value);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes,
                   size_t length, void *context)
{
    struct request *request = nghttp2_session_get_stream_user_data(session, stream);
    (void)flags, (void)context;
    if (!request)
        return 0;
    request->too_large |= request->body.length + length > REQUEST_BODY_MAX;
    if (request->too_large)
        buffer_free(&request->body);
    else
        buffer_add(&request->body, bytes, length);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    bool may_end = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!may_end || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    struct request *request = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (!request)
        return 0;
    if (request->method && request->target) /* not so with CONNECT */
        connection_complete(context, request);
    else
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *context)
{
    struct request *request = nghttp2_session_get_stream_user_data(session, stream);
    (void)error, (void)context;
    if (request)
        request_detach(request);
    return 0;
}

static nghttp2_session_callbacks *make_callbacks(void)
{
    nghttp2_session_callbacks *callbacks = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        die_of_memory();
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    return callbacks;
}

void http2_start(struct connection *connection, unsigned max_streams, bool sent_away)
{
    nghttp2_settings_entry entries[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, max_streams}};
    nghttp2_session_callbacks *callbacks = make_callbacks();
    if (nghttp2_session_server_new(&connection->h2, callbacks, connection) != 0 ||
        nghttp2_submit_settings(connection->h2, NGHTTP2_FLAG_NONE, entries, 1) != 0 ||
        (sent_away && nghttp2_session_terminate_session2(connection->h2, 0, NGHTTP2_NO_ERROR) != 0))
        die_of_memory();
    nghttp2_session_callbacks_del(callbacks);
}

/* All frames at once, so that they share TLS records. */
void http2_flush(struct connection *connection)
{
    CLEANUP_BUFFER struct buffer frames = {0};
    const uint8_t *bytes;
    ssize_t n;
    while ((n = nghttp2_session_mem_send(connection->h2, &bytes)) > 0)
        buffer_add(&frames, bytes, (size_t)n);
    if (frames.length)
        connection_send(connection, frames.data, frames.length);
    connection->closing |=
        n < 0 || (!nghttp2_session_want_read(connection->h2) && !nghttp2_session_want_write(connection->h2));
}

void http2_take(struct connection *connection, const void *bytes, size_t length)
{
    if (nghttp2_session_mem_recv(connection->h2, bytes, length) < 0)
        connection->closing = connection->refused = true;
}

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *to, size_t room, uint32_t *flags,
                         nghttp2_data_source *source, void *context)
{
    struct buffer *body = source->ptr;
    size_t n = body->length < room ? body->length : room;
    (void)session, (void)stream, (void)context;
    if (n)
        memcpy(to, body->data, n);
    buffer_take(body, n);
    if (!body->length)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

/* nghttp2 copies names, in lower case, and values. */
static nghttp2_nv pair(const char *name, const char *value)
{
    union {
        const char *in;
        uint8_t *out;
    } n = {.in = name}, v = {.in = value};
    return (nghttp2_nv){.name = n.out, .value = v.out, .namelen = strlen(name), .valuelen = strlen(value)};
}

void http2_answer(struct request *request, const struct answer *answer)
{
    nghttp2_session *session = request->connection->h2;
    char status[16], length[24];
    nghttp2_nv fields[2 + sizeof answer->headers / sizeof answer->headers[0]];
    size_t n = 0;
    snprintf(status, sizeof status, "%d", answer->status);
    snprintf(length, sizeof length, "%zu", answer->body_length);
    fields[n++] = pair(":status", status);
    if (answer->status >= 200 && answer->status != 204)
        fields[n++] = pair("content-length", length);
    for (size_t i = 0; i < answer->n_headers; i++)
        fields[n++] = pair(answer->headers[i].name, answer->headers[i].value);
    bool has_body = answer_has_body(answer, request) && answer->body_length;
    if (has_body)
        buffer_add(&request->answer_body, answer->body, answer->body_length);
    nghttp2_data_provider provider = {.source.ptr = &request->answer_body, .read_callback = read_body};
    if (nghttp2_submit_response(session, request->stream, fields, n, has_body ? &provider : NULL) != 0)
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, request->stream, NGHTTP2_INTERNAL_ERROR);
}

void http2_abort(struct request *request, uint32_t error, bool goaway)
{
    nghttp2_session *session = request->connection->h2;
    if (goaway)
        nghttp2_session_terminate_session2(session, request->stream - 1, error);
    else
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, request->stream, error);
}
