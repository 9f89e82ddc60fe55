/* HTTP/2 by libnghttp2. */
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An answer's body on its way out. */
struct outgoing {
    size_t length, sent;
    char bytes[];
};

static ssize_t on_send(nghttp2_session *session, const uint8_t *bytes, size_t length, int flags,
                       void *context)
{
    (void)session, (void)flags;
    connection_send(context, bytes, length);
    return (ssize_t)length;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct connection *connection = context;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct request *request = request_new(connection);
    if (!request)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    request->stream = frame->hd.stream_id;
    request->http_version = "2";
    request->keep_alive = true;
    return nghttp2_session_set_stream_user_data(session, request->stream, request);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t n_name,
                     const uint8_t *value, size_t n_value, uint8_t flags, void *context)
{
    struct request *request = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)flags, (void)context;
    if (!request)
        return 0;
    if (n_name == 7 && memcmp(name, ":method", 7) == 0)
        request->method = strndup((const char *)value, n_value);
    else if (n_name == 5 && memcmp(name, ":path", 5) == 0)
        request->target = strndup((const char *)value, n_value);
    else if (request->n_headers < REQUEST_HEADERS_MAX)
        request->headers[request->n_headers++] = (struct header){
            .name = strndup((const char *)name, n_name), .value = strndup((const char *)value, n_value)};
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes,
                   size_t length, void *context)
{
    struct request *request = nghttp2_session_get_stream_user_data(session, stream);
    (void)flags, (void)context;
    if (!request || request->body_length + length > REQUEST_BODY_MAX)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    char *longer = realloc(request->body, request->body_length + length + 1);
    if (!longer)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    memcpy(longer + request->body_length, bytes, length);
    request->body = longer;
    request->body_length += length;
    longer[request->body_length] = '\0';
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
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, NULL);
    if (request->method && request->target)
        connection_complete(context, request);
    else
        request_free(request);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *context)
{
    (void)error, (void)context;
    request_free(nghttp2_session_get_stream_user_data(session, stream)); /* one that was never complete */
    return 0;
}

static nghttp2_session_callbacks *make_callbacks(void)
{
    nghttp2_session_callbacks *callbacks = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        return NULL;
    nghttp2_session_callbacks_set_send_callback(callbacks, on_send);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    return callbacks;
}

bool http2_start(struct connection *connection, unsigned max_streams)
{
    nghttp2_settings_entry entries[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, max_streams}};
    nghttp2_session_callbacks *callbacks = make_callbacks();
    bool started = callbacks && nghttp2_session_server_new(&connection->h2, callbacks, connection) == 0 &&
                   nghttp2_submit_settings(connection->h2, NGHTTP2_FLAG_NONE, entries, 1) == 0;
    nghttp2_session_callbacks_del(callbacks);
    return started && http2_flush(connection);
}

bool http2_flush(struct connection *connection)
{
    return nghttp2_session_send(connection->h2) == 0 &&
           (nghttp2_session_want_read(connection->h2) || nghttp2_session_want_write(connection->h2));
}

bool http2_take(struct connection *connection, const unsigned char *bytes, size_t length)
{
    return nghttp2_session_mem_recv(connection->h2, bytes, length) >= 0 && http2_flush(connection);
}

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *to, size_t room, uint32_t *flags,
                         nghttp2_data_source *source, void *context)
{
    struct outgoing *body = source->ptr;
    size_t n = body->length - body->sent < room ? body->length - body->sent : room;
    (void)session, (void)stream, (void)context;
    memcpy(to, body->bytes + body->sent, n);
    body->sent += n;
    if (body->sent == body->length) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        free(body);
    }
    return (ssize_t)n;
}

static nghttp2_nv pair(const char *name, const char *value)
{
    union {
        const char *in;
        uint8_t *out;
    } n = {.in = name}, v = {.in = value};
    return (nghttp2_nv){.name = n.out, .value = v.out, .namelen = strlen(name), .valuelen = strlen(value)};
}

void http2_answer(struct connection *connection, const struct request *request, const struct answer *answer)
{
    char status[16], length[24], names[8][64];
    nghttp2_nv fields[16];
    size_t n = 0;
    snprintf(status, sizeof status, "%d", answer->status);
    snprintf(length, sizeof length, "%zu", answer->body_length);
    fields[n++] = pair(":status", status);
    fields[n++] = pair("content-length", length);
    for (size_t i = 0; i < answer->n_headers; i++) {
        size_t c = 0;
        for (; answer->headers[i].name[c] && c < sizeof names[i] - 1; c++)
            names[i][c] =
                (char)(answer->headers[i].name[c] |
                       (answer->headers[i].name[c] >= 'A' && answer->headers[i].name[c] <= 'Z' ? 0x20 : 0));
        names[i][c] = '\0';
        fields[n++] = pair(names[i], answer->headers[i].value);
    }
    bool bodyless = answer->body_length == 0 || strcmp(request->method, "HEAD") == 0;
    struct outgoing *body = bodyless ? NULL : malloc(sizeof *body + answer->body_length);
    if (body) {
        body->length = answer->body_length;
        body->sent = 0;
        memcpy(body->bytes, answer->body, answer->body_length);
    }
    nghttp2_data_provider provider = {.source.ptr = body, .read_callback = read_body};
    if (nghttp2_submit_response(connection->h2, request->stream, fields, n, body ? &provider : NULL) != 0)
        free(body);
    if (!http2_flush(connection))
        connection->closing = true;
}

void http2_abort(struct connection *connection, const struct request *request, uint32_t error, bool goaway)
{
    if (goaway)
        nghttp2_session_terminate_session2(connection->h2, request->stream - 1, error);
    else
        nghttp2_submit_rst_stream(connection->h2, NGHTTP2_FLAG_NONE, request->stream, error);
    if (!http2_flush(connection))
        connection->closing = true;
}
