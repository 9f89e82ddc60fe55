#include "volley/http2/h2_session.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

enum {
    FRAME_HEAD_BYTES = 9,
    FITS_MARGIN_BYTES = 64, /* for a change of the header table's size, say */
    LAST_DATA_BYTES = FRAME_HEAD_BYTES + 1,
    HEADER_TABLE_BYTES = 4096,     /* nghttp2 uses no more, whatever the server offers */
    LOCAL_WINDOW_BYTES = 16 << 20, /* a hundred answers at once must not wait for each other */
};

static int on_header(nghttp2_session *nghttp2, const nghttp2_frame *frame, const uint8_t *name, size_t n_name,
                     const uint8_t *value, size_t n_value, uint8_t flags, void *context)
{
    const struct h2_session *session = context;
    struct h2_stream *stream = nghttp2_session_get_stream_user_data(nghttp2, frame->hd.stream_id);
    (void)flags;
    if (!stream)
        return 0;
    if (!stream->done && h2_stream_take_header(stream, (const char *)name, n_name, (const char *)value,
                                               n_value, session->stamp_ns))
        return 0;
    h2_stream_fail(stream, CAUSE_TOO_LARGE, "too many headers", session->stamp_ns);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* resets the stream; no more of its headers arrive here */
}

static int on_data(nghttp2_session *nghttp2, uint8_t flags, int32_t id, const uint8_t *bytes, size_t length,
                   void *context)
{
    const struct h2_session *session = context;
    struct h2_stream *stream = nghttp2_session_get_stream_user_data(nghttp2, id);
    (void)flags;
    if (!stream || stream->done ||
        answer_take_body(&stream->answer, stream->run->volley->endpoint, (const char *)bytes, length))
        return 0;
    h2_stream_fail(stream, CAUSE_TOO_LARGE, NULL, session->stamp_ns);
    return nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
}

static int on_close(nghttp2_session *nghttp2, int32_t id, uint32_t error, void *context)
{
    struct h2_session *session = context;
    struct h2_stream *stream = nghttp2_session_get_stream_user_data(nghttp2, id);
    if (!stream)
        return 0;
    if (session->reads_early)
        stream->sample->release_ns = 0; /* it was over before the release */
    h2_stream_close(stream, error, session->stamp_ns);
    session->wants_http1 |= error == NGHTTP2_HTTP_1_1_REQUIRED;
    return 0;
}

/* The stream that FRAME ends in its direction; NULL: none. */
static struct h2_stream *ended_by(nghttp2_session *nghttp2, const nghttp2_frame *frame)
{
    bool is_last = (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
                   frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    return is_last ? nghttp2_session_get_stream_user_data(nghttp2, frame->hd.stream_id) : NULL;
}

static int on_frame(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *context)
{
    struct h2_session *session = context;
    struct h2_stream *stream = ended_by(nghttp2, frame);
    session->greeted |= frame->hd.type == NGHTTP2_SETTINGS && !(frame->hd.flags & NGHTTP2_FLAG_ACK);
    session->sent_away |= frame->hd.type == NGHTTP2_GOAWAY;
    if (stream)
        stream->answered = true;
    return 0;
}

static int on_sent(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *context)
{
    struct h2_stream *stream = ended_by(nghttp2, frame);
    (void)context;
    if (stream)
        stream->complete = true;
    return 0;
}

static nghttp2_session_callbacks *make_callbacks(void)
{
    nghttp2_session_callbacks *callbacks = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        return NULL;
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
    return callbacks;
}

/* Frames, header fields and the header table that nghttp2 keeps may hold tokens, so all its memory is wiped
 * before it is freed. */
static void wipe_and_free(void *memory, void *context)
{
    (void)context;
    if (memory)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

static void *allocate(size_t size, void *context)
{
    (void)context;
    return malloc(size);
}

static void *allocate_zeroed(size_t n, size_t size, void *context)
{
    (void)context;
    return calloc(n, size);
}

static void *resize(void *memory, size_t size, void *context)
{
    size_t before = memory ? malloc_usable_size(memory) : 0;
    if (memory && size <= before)
        return memory;
    void *longer = malloc(size);
    if (!longer)
        return NULL;
    if (memory)
        memcpy(longer, memory, before);
    wipe_and_free(memory, context);
    return longer;
}

static nghttp2_mem wiped_memory = {
    .malloc = allocate, .free = wipe_and_free, .calloc = allocate_zeroed, .realloc = resize};

int h2_session_open(struct h2_session *session)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0}, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, LOCAL_WINDOW_BYTES}};
    nghttp2_session_callbacks *callbacks = make_callbacks();
    *session = (struct h2_session){0};
    bool open =
        callbacks &&
        nghttp2_session_client_new3(&session->nghttp2, callbacks, session, NULL, &wiped_memory) == 0 &&
        nghttp2_submit_settings(session->nghttp2, NGHTTP2_FLAG_NONE, settings, COUNT_OF(settings)) == 0 &&
        nghttp2_session_set_local_window_size(session->nghttp2, NGHTTP2_FLAG_NONE, 0, LOCAL_WINDOW_BYTES) ==
            0;
    nghttp2_session_callbacks_del(callbacks);
    if (!open)
        h2_session_close(session);
    return open ? 0 : -ENOMEM;
}

void h2_session_close(struct h2_session *session)
{
    if (session->nghttp2)
        nghttp2_session_del(session->nghttp2);
    session->nghttp2 = NULL;
}

int h2_session_write(struct h2_session *session, struct h2_wire *wire)
{
    unsigned char record[H2_RECORD_BYTES];
    const uint8_t *bytes;
    ssize_t n;
    size_t length = 0;
    bool written = true;
    while (written && (n = nghttp2_session_mem_send(session->nghttp2, &bytes)) > 0) {
        for (size_t at = 0; written && at < (size_t)n;) {
            size_t room = sizeof record - length, piece = (size_t)n - at < room ? (size_t)n - at : room;
            memcpy(record + length, bytes + at, piece);
            at += piece;
            length += piece;
            if (length == sizeof record) {
                written = h2_wire_encrypt(wire, record, length);
                length = 0;
            }
        }
    }
    written = written && n == 0 && h2_wire_encrypt(wire, record, length);
    explicit_bzero(record, sizeof record); /* it may have held tokens */
    return written ? h2_wire_collect(wire) : -EIO;
}

uint32_t h2_session_max_streams(const struct h2_session *session)
{
    return nghttp2_session_get_remote_settings(session->nghttp2, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

/* Bytes of STREAM's header fields after those that DEFLATER has seen; negative: out of memory. */
static ssize_t deflated_size(nghttp2_hd_deflater *deflater, const struct h2_stream *stream)
{
    struct h2_fields fields;
    if (h2_stream_fields(stream, &fields) < 0)
        return -1;
    size_t bound = nghttp2_hd_deflate_bound(deflater, fields.fields, fields.n);
    uint8_t *scratch = malloc(bound);
    ssize_t size = scratch ? nghttp2_hd_deflate_hd(deflater, scratch, bound, fields.fields, fields.n) : -1;
    if (scratch)
        explicit_bzero(scratch, bound);
    free(scratch);
    free(fields.fields);
    return size;
}

int h2_session_fit(const struct h2_session *session, struct h2_stream *const *streams, size_t n)
{
    uint32_t offered =
        nghttp2_session_get_remote_settings(session->nghttp2, NGHTTP2_SETTINGS_HEADER_TABLE_SIZE);
    nghttp2_hd_deflater *deflater = NULL;
    size_t used = FITS_MARGIN_BYTES, fits = 0;
    if (n && streams[0]->request.body_length) { /* headers and bodies go ahead: it holds last bytes only */
        size_t most = (H2_RECORD_BYTES - used) / LAST_DATA_BYTES;
        return (int)(n < most ? n : most);
    }
    if (nghttp2_hd_deflate_new2(&deflater, offered < HEADER_TABLE_BYTES ? offered : HEADER_TABLE_BYTES,
                                &wiped_memory) != 0)
        return -ENOMEM;
    ssize_t size = 0;
    for (; fits < n && (size = deflated_size(deflater, streams[fits])) >= 0; fits++) {
        used += FRAME_HEAD_BYTES + (size_t)size;
        if (used > H2_RECORD_BYTES)
            break;
    }
    nghttp2_hd_deflate_del(deflater);
    return size < 0 ? -ENOMEM : fits ? (int)fits : 1;
}
