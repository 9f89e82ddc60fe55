#include "volley/http2/h2_stream.h"

#include "base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

enum { METHOD, SCHEME, AUTHORITY, PATH, N_PSEUDO };

/* As HTTP/2 wants them (RFC 9113, 8.2). */
static void lower_names(struct request *request)
{
    for (size_t i = 0; i < request->n_headers; i++)
        for (char *c = request->headers[i]; *c != ':'; c++)
            *c = (char)tolower((unsigned char)*c);
}

void h2_stream_prepare(struct h2_stream *stream, const struct run *run, struct sample *sample)
{
    *stream = (struct h2_stream){.run = run, .sample = sample};
    stream->done = !message_make(run->volley, &run->message, sample, &stream->request);
    lower_names(&stream->request);
}

void h2_stream_free(struct h2_stream *stream)
{
    request_free(&stream->request);
    answer_free(&stream->answer);
}

/* nghttp2 copies what it is given, but its types don't say so. */
static uint8_t *bytes_of(const char *string)
{
    union {
        const char *in;
        uint8_t *out;
    } same = {.in = string};
    return same.out;
}

static nghttp2_nv field_of(const char *name, const char *value, size_t n_value)
{
    return (nghttp2_nv){.name = bytes_of(name),
                        .value = bytes_of(value),
                        .namelen = 1 + strcspn(name + 1, ":"), /* ":method", or a header */
                        .valuelen = n_value};
}

/* HEADER is "name: value". */
static nghttp2_nv header_field(const char *header)
{
    const char *value = strchr(header, ':') + 1;
    value += strspn(value, " \t");
    size_t n_value = strlen(value);
    while (n_value && (value[n_value - 1] == ' ' || value[n_value - 1] == '\t'))
        n_value--;
    return field_of(header, value, n_value);
}

void h2_stream_return(struct h2_stream *stream)
{
    stream->link = NULL;
    stream->id = 0;
    if (stream->done)
        return;
    answer_free(&stream->answer);
    stream->answered = false;
    stream->header_bytes = 0;
    stream->sample->status = 0;
    stream->sample->first_byte_ns = 0;
}

int h2_stream_fields(const struct h2_stream *stream, struct h2_fields *ret_fields)
{
    const struct request *request = &stream->request;
    const char *authority = strstr(request->url, "://") + strlen("://");
    const char *path = authority + strcspn(authority, "/?#");
    nghttp2_nv *fields = calloc(request->n_headers + N_PSEUDO, sizeof *fields);
    size_t n = N_PSEUDO;
    if (!fields)
        return -ENOMEM;
    fields[METHOD] = field_of(":method", request->method, strlen(request->method));
    fields[SCHEME] = field_of(":scheme", "https", strlen("https"));
    fields[AUTHORITY] = field_of(":authority", authority, (size_t)(path - authority));
    fields[PATH] = field_of(":path", path, strcspn(path, "#"));
    for (size_t i = 0; i < request->n_headers; i++) {
        nghttp2_nv field = header_field(request->headers[i]);
        if (strncasecmp(request->headers[i], "Host:", strlen("Host:")) == 0)
            fields[AUTHORITY] = field_of(":authority", (const char *)field.value, field.valuelen);
        else
            fields[n++] = field;
    }
    *ret_fields = (struct h2_fields){.fields = fields, .n = n};
    return 0;
}

/* Hands out the body except for its last byte, which waits until the stream may end. */
static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
                         nghttp2_data_source *source, void *context)
{
    struct h2_stream *stream = source->ptr;
    (void)session, (void)id, (void)context;
    size_t until = stream->may_end ? stream->request.body_length : stream->request.body_length - 1;
    size_t n = until - stream->body_sent < room ? until - stream->body_sent : room;
    if (n == 0)
        return NGHTTP2_ERR_DEFERRED;
    memcpy(to, stream->request.body + stream->body_sent, n);
    stream->body_sent += n;
    if (stream->body_sent == stream->request.body_length)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

int h2_stream_submit(struct h2_stream *stream, nghttp2_session *session)
{
    struct h2_fields fields;
    nghttp2_data_provider body = {.source.ptr = stream, .read_callback = read_body};
    if (h2_stream_fields(stream, &fields) < 0)
        return NGHTTP2_ERR_NOMEM;
    stream->body_sent = 0;
    stream->may_end = stream->complete = false;
    int32_t id = nghttp2_submit_request(session, NULL, fields.fields, fields.n,
                                        stream->request.body_length ? &body : NULL, stream);
    free(fields.fields);
    if (id < 0)
        return id;
    stream->id = id;
    return 0;
}

bool h2_stream_take_header(struct h2_stream *stream, const char *name, size_t n_name, const char *value,
                           size_t n_value, uint64_t now_ns)
{
    struct text line = {0};
    if (stream->sample->first_byte_ns == 0)
        stream->sample->first_byte_ns = now_ns;
    stream->header_bytes += n_name + n_value;
    if (stream->header_bytes > ANSWER_HEADERS_MAX)
        return false;
    if (n_name == strlen(":status") && memcmp(name, ":status", n_name) == 0) {
        stream->sample->status = (int)strtol(value, NULL, 10);
        answer_begin(&stream->answer, stream->sample->status);
        return true;
    }
    text_add_bytes(&line, name, n_name);
    text_add(&line, ": ");
    text_add_bytes(&line, value, n_value);
    if (!line.failed)
        answer_take_header(&stream->answer, stream->run->volley->endpoint, line.data, line.length);
    text_free(&line);
    return true;
}

void h2_stream_fail(struct h2_stream *stream, enum cause cause, const char *detail, uint64_t now_ns)
{
    if (stream->done)
        return;
    stream->done = true;
    sample_fail(stream->sample, cause, detail, now_ns);
    answer_free(&stream->answer);
}

void h2_stream_close(struct h2_stream *stream, uint32_t error, uint64_t now_ns)
{
    char detail[SAMPLE_DETAIL_MAX];
    if (stream->done)
        return;
    if (error != NGHTTP2_NO_ERROR || !stream->answered) {
        snprintf(detail, sizeof detail, "the server ended the stream%s: %s",
                 stream->sample->status ? " before the answer was whole" : "", nghttp2_http2_strerror(error));
        h2_stream_fail(stream, error == NGHTTP2_REFUSED_STREAM ? CAUSE_REFUSED_STREAM : CAUSE_RESET, detail,
                       now_ns);
        return;
    }
    message_take_answer(stream->run->volley, &stream->run->message, &stream->answer, stream->sample, now_ns);
    answer_free(&stream->answer); /* the volley's other answers may take a while, and hold as much */
    stream->done = true;
}
