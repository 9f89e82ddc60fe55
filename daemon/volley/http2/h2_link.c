#include "volley/http2/h2_link.h"

#include "base/clock.h"
#include "base/require.h"
#include "net/failure.h"
#include "net/tls_context.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
    IO_BYTES = 16 * 1024 + 512,
    /* After that, the others get a turn: a server may send faster than we can read. */
    READS_PER_STEP = 16,
    /* Bytes between two looks at the clock. A byte may name a header of 4 KB (RFC 7541, 6.1), which takes
     * about 10 µs. */
    LOOK_EVERY_BYTES = 1024,
    /* While more than this waits for the socket, frames stay with nghttp2, which ends the connection if the
     * server requests too much without reading it. */
    OUT_MOST_BYTES = 64 * 1024,
};

void h2_link_kill(struct h2_link *link, enum cause cause, const char *detail)
{
    if (link->state == LINK_DEAD)
        return;
    bool sealed = link->state >= LINK_SEALED;
    link->state = LINK_DEAD;
    link->cause = cause;
    snprintf(link->detail, sizeof link->detail, "%s", detail ? detail : "");
    h2_wire_disconnect(&link->wire);
    for (size_t i = 0; sealed && i < link->n_streams; i++)
        h2_stream_fail(link->streams[i], cause, detail, clock_monotonic_ns());
}

void h2_link_return_streams(struct h2_link *link)
{
    for (size_t i = 0; i < link->n_streams; i++)
        h2_stream_return(link->streams[i]);
    link->n_streams = 0;
}

enum request_stage h2_link_stage(const struct h2_link *link)
{
    return link->state == LINK_CONNECTING ? STAGE_CONNECT
           : link->state == LINK_SHAKING  ? STAGE_TLS
           : link->state < LINK_RELEASED  ? STAGE_SEND
                                          : STAGE_ANSWER;
}

/* ERROR: an errno. */
static void kill_by_errno(struct h2_link *link, int error)
{
    h2_link_kill(link, cause_of_errno(error, h2_link_stage(link)), strerror(error));
}

static void kill_unconnected(struct h2_link *link, int error)
{
    char detail[SAMPLE_DETAIL_MAX];
    const struct target *target = &link->wire.setup->run->route.target;
    snprintf(detail, sizeof detail, "cannot connect to %s port %u: %s", target->host, target->port,
             strerror(error));
    h2_link_kill(link, cause_of_errno(error, STAGE_CONNECT), detail);
}

void h2_link_open(struct h2_link *link, const struct h2_setup *setup, size_t first)
{
    *link = (struct h2_link){.opened_us = clock_monotonic_us(),
                             .wire = {.setup = setup,
                                      .fd = -1,
                                      .first = first,
                                      .ssl = tls_client_new(setup->context, setup->run->route.target.host)}};
    int result = link->wire.ssl ? h2_wire_connect(&link->wire) : 0;
    if (!link->wire.ssl)
        h2_link_kill(link, CAUSE_MEMORY, NULL);
    else if (result < 0)
        kill_unconnected(link, -result);
}

void h2_link_close(struct h2_link *link)
{
    h2_session_close(&link->session);
    h2_wire_free(&link->wire);
    free(link->streams);
    *link = (struct h2_link){.wire.fd = -1, .state = LINK_DEAD};
}

static bool is_late(const struct h2_link *link)
{
    const struct h2_setup *setup = link->wire.setup;
    return setup->run->volley->cancelled || clock_monotonic_us() >= setup->until_us;
}

/* What it was busy with took too long, or nobody wants it any more. */
static void kill_late(struct h2_link *link)
{
    bool cancelled = link->wire.setup->run->volley->cancelled;
    h2_link_kill(link, cancelled ? CAUSE_STOPPED : cause_of_timeout(h2_link_stage(link)), NULL);
}

/* Sends what waits, up to UNTIL. */
static void send_until(struct h2_link *link, size_t until)
{
    int result = h2_wire_send(&link->wire, until);
    if (result < 0)
        kill_by_errno(link, -result);
}

static bool write_frames(struct h2_link *link)
{
    int result = h2_session_write(&link->session, &link->wire);
    if (result == -ENOMEM)
        h2_link_kill(link, CAUSE_MEMORY, NULL);
    else if (result < 0)
        h2_link_kill(link, CAUSE_INTERNAL, "a frame could not be written");
    return result == 0;
}

/* In as few pieces as possible: with TCP_NODELAY, each call sends a packet of its own. */
static void flush(struct h2_link *link)
{
    if (h2_wire_left(&link->wire) >= OUT_MOST_BYTES)
        send_until(link, link->wire.out.length);
    if (link->state != LINK_DEAD && link->session.nghttp2 && h2_wire_left(&link->wire) < OUT_MOST_BYTES)
        write_frames(link);
    if (link->state != LINK_DEAD)
        send_until(link, link->wire.out.length);
}

static void finish_handshake(struct h2_link *link)
{
    const unsigned char *protocol = NULL;
    unsigned length = 0;
    SSL_get0_alpn_selected(link->wire.ssl, &protocol, &length);
    link->not_h2 = length != 2 || memcmp(protocol, "h2", 2) != 0;
    if (link->not_h2)
        h2_link_kill(link, CAUSE_PROTOCOL, "the server does not speak HTTP/2");
    else if (h2_session_open(&link->session) < 0)
        h2_link_kill(link, CAUSE_MEMORY, NULL);
    else
        link->state = LINK_GREETING;
}

static void shake(struct h2_link *link)
{
    struct error text;
    ERR_clear_error();
    int done = SSL_do_handshake(link->wire.ssl);
    int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(link->wire.ssl, done);
    bool failed = error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ;
    enum cause cause = failed ? failure_of_tls(link->wire.ssl, &text) : CAUSE_NONE;
    int collected = h2_wire_collect(&link->wire);
    if (failed) {
        h2_wire_send(&link->wire, link->wire.out.length); /* the alert that says why */
        h2_link_kill(link, cause, text.message);
    } else if (collected < 0)
        h2_link_kill(link, CAUSE_MEMORY, NULL);
    else if (error == SSL_ERROR_NONE)
        finish_handshake(link);
}

/* TLS has nothing to give: it needs more bytes, or there will be none. */
static void end_of_clear(struct h2_link *link, int result)
{
    struct error text;
    int error = SSL_get_error(link->wire.ssl, result);
    if (error == SSL_ERROR_WANT_READ)
        return;
    if (error == SSL_ERROR_ZERO_RETURN) {
        h2_link_kill(link, CAUSE_CLOSED, "the server closed the connection");
        return;
    }
    enum cause cause = failure_of_tls(link->wire.ssl, &text);
    h2_link_kill(link, cause, text.message);
}

/* Gives BYTES to nghttp2. False: the link is dead now, because of them or because time is up. */
static bool feed(struct h2_link *link, const unsigned char *bytes, size_t n)
{
    for (size_t at = 0; at < n; at += LOOK_EVERY_BYTES) {
        size_t piece = n - at < LOOK_EVERY_BYTES ? n - at : LOOK_EVERY_BYTES;
        if (is_late(link)) {
            kill_late(link);
            return false;
        }
        ssize_t taken = nghttp2_session_mem_recv(link->session.nghttp2, bytes + at, piece);
        if (taken < 0) {
            h2_link_kill(link, CAUSE_PROTOCOL, nghttp2_strerror((int)taken));
            return false;
        }
    }
    return true;
}

/* Gives nghttp2 what can be decrypted. */
static void read_frames(struct h2_link *link)
{
    unsigned char clear[IO_BYTES];
    int n;
    ERR_clear_error();
    while ((n = SSL_read(link->wire.ssl, clear, sizeof clear)) > 0)
        if (!feed(link, clear, (size_t)n))
            return;
    end_of_clear(link, n);
    if (link->session.sent_away && link->state <= LINK_OPEN)
        h2_link_kill(link, CAUSE_CLOSED, "the server ended the connection (GOAWAY)");
    else if (link->state == LINK_GREETING && link->session.greeted)
        link->state = LINK_OPEN;
}

/* Reads, but perhaps not everything that has arrived. 0: the peer has closed the connection. -errno. */
static int receive(struct h2_link *link)
{
    unsigned char bytes[IO_BYTES];
    for (int reads = 0; reads < READS_PER_STEP && link->state != LINK_DEAD && !is_late(link); reads++) {
        link->session.reads_early = link->n_early > 0;
        size_t most = link->n_early && link->n_early < sizeof bytes ? link->n_early : sizeof bytes;
        ssize_t n = recv(link->wire.fd, bytes, most, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return 1;
        if (n <= 0)
            return n < 0 ? -errno : 0;
        link->session.stamp_ns = clock_monotonic_ns();
        link->n_early -= link->n_early < (size_t)n ? link->n_early : (size_t)n;
        if (BIO_write(SSL_get_rbio(link->wire.ssl), bytes, (int)n) != (int)n)
            return -ENOMEM;
        if (link->state == LINK_SHAKING)
            shake(link);
        if (link->session.nghttp2 && link->state != LINK_DEAD)
            read_frames(link);
    }
    return 1;
}

static void connect_on(struct h2_link *link)
{
    int result = h2_wire_connected(&link->wire);
    if (result < 0)
        kill_unconnected(link, -result);
    if (result != 1)
        return;
    link->state = LINK_SHAKING;
    shake(link); /* the client speaks first */
}

void h2_link_step(struct h2_link *link)
{
    if (link->state == LINK_CONNECTING)
        connect_on(link);
    if (link->state == LINK_DEAD || link->state == LINK_CONNECTING)
        return;
    int result = receive(link);
    if (link->state == LINK_DEAD)
        return;
    flush(link);
    if (link->session.nghttp2 && !nghttp2_session_want_read(link->session.nghttp2))
        h2_link_kill(link, CAUSE_PROTOCOL, "the server violated HTTP/2"); /* and nghttp2 has told it so */
    if (result < 0)
        kill_by_errno(link, -result);
    else if (result == 0)
        h2_link_kill(link, CAUSE_CLOSED, "the server closed the connection");
}

/* It can't carry what it was given: that goes to others. */
static size_t drop(struct h2_link *link, enum cause cause, const char *detail)
{
    h2_link_kill(link, cause, detail);
    h2_link_return_streams(link);
    return 0;
}

size_t h2_link_carry(struct h2_link *link, struct h2_stream *const *streams, size_t n)
{
    REQUIRE(link->state == LINK_OPEN && link->n_streams == 0 && n > 0);
    uint32_t offered = h2_session_max_streams(&link->session), most = link->wire.setup->streams_most;
    uint32_t allowed = offered < most ? offered : most;
    if (allowed == 0)
        return 0;
    int fits = h2_session_fit(&link->session, streams, n < allowed ? n : allowed);
    free(link->streams);
    link->streams = fits > 0 ? calloc((size_t)fits, sizeof(struct h2_stream *)) : NULL;
    if (!link->streams)
        return drop(link, CAUSE_MEMORY, NULL);
    for (size_t i = 0; i < (size_t)fits; i++) {
        struct h2_stream *stream = streams[i];
        link->streams[link->n_streams++] = stream;
        stream->link = link;
        /* A request with a body goes ahead except for its last byte; one without is complete with its
         * headers. */
        if (stream->request.body_length && h2_stream_submit(stream, link->session.nghttp2) != 0)
            return drop(link, CAUSE_INTERNAL, "a stream could not be opened");
    }
    flush(link);
    if (link->state == LINK_DEAD)
        h2_link_return_streams(link);
    return link->n_streams;
}

bool h2_link_yield(struct h2_link *link)
{
    size_t before = link->n_streams;
    if (link->state != LINK_OPEN)
        return false;
    uint32_t allowed = h2_session_max_streams(&link->session);
    for (; link->n_streams > allowed && link->streams[link->n_streams - 1]->id == 0; link->n_streams--)
        link->streams[link->n_streams - 1]->link = NULL;
    return link->n_streams < before;
}

static bool has_gone_ahead(const struct h2_link *link, const struct h2_stream *stream)
{
    return stream->done || stream->request.body_length == 0 ||
           (stream->body_sent == stream->request.body_length - 1 &&
            nghttp2_session_get_stream_remote_window_size(link->session.nghttp2, stream->id) > 0);
}

bool h2_link_is_ready(const struct h2_link *link)
{
    if (link->state != LINK_OPEN || link->n_streams == 0 || h2_wire_left(&link->wire))
        return false;
    for (size_t i = 0; i < link->n_streams; i++)
        if (!has_gone_ahead(link, link->streams[i]))
            return false;
    return link->streams[0]->request.body_length == 0 ||
           nghttp2_session_get_remote_window_size(link->session.nghttp2) >= (int32_t)link->n_streams;
}

/* The record holds what h2_session_fit planned, unless the server has shrunk its header table since: then
 * there are several records, and none may go ahead whole. A single request is complete only with the last of
 * its records. */
static size_t ahead_of_release(const struct h2_link *link)
{
    enum { HEAD_BYTES = 5, LENGTH_AT = 3 };
    size_t open = 0;
    for (size_t i = 0; i < link->n_streams; i++)
        open += !link->streams[i]->done;
    const struct text *out = &link->wire.out;
    if (out->length <= HEAD_BYTES || open <= 1)
        return out->length ? out->length - 1 : 0;
    const unsigned char *length = (const unsigned char *)out->data + LENGTH_AT;
    return HEAD_BYTES + ((size_t)length[0] << 8 | length[1]) - 1;
}

/* Writes what completes every request. False: the link is dead now. */
static bool complete(struct h2_link *link)
{
    for (size_t i = 0; i < link->n_streams; i++) {
        struct h2_stream *stream = link->streams[i];
        if (stream->done)
            continue; /* the server has ended it already */
        stream->may_end = true;
        int error = stream->request.body_length
                        ? nghttp2_session_resume_data(link->session.nghttp2, stream->id)
                        : h2_stream_submit(stream, link->session.nghttp2);
        if (error != 0) {
            h2_link_kill(link, CAUSE_INTERNAL, nghttp2_strerror(error));
            return false;
        }
    }
    if (!write_frames(link))
        return false;
    for (size_t i = 0; i < link->n_streams; i++)
        if (!link->streams[i]->complete && !link->streams[i]->done) {
            h2_link_kill(link, CAUSE_REFUSED_STREAM, "the server allows fewer streams than it said");
            return false;
        }
    return true;
}

bool h2_link_seal(struct h2_link *link)
{
    REQUIRE(link->state == LINK_OPEN && link->n_streams > 0);
    bool is_ready = h2_link_is_ready(link) && !link->wire.setup->run->volley->cancelled;
    link->state = LINK_SEALED;
    if (!is_ready)
        kill_late(link);
    if (!is_ready || !complete(link))
        return false;
    link->n_ahead = ahead_of_release(link);
    h2_link_send_ahead(link);
    uint64_t now_ns = clock_monotonic_ns();
    for (size_t i = 0; link->state == LINK_SEALED && i < link->n_streams; i++)
        if (!link->streams[i]->done)
            link->streams[i]->sample->ready_ns = now_ns;
    return link->state == LINK_SEALED;
}

bool h2_link_send_ahead(struct h2_link *link)
{
    if (link->state == LINK_SEALED && link->wire.n_sent < link->n_ahead)
        send_until(link, link->n_ahead);
    return link->state == LINK_SEALED && link->wire.n_sent < link->n_ahead;
}

void h2_link_release(struct h2_link *link, uint64_t now_ns)
{
    int early = 0;
    REQUIRE(link->state == LINK_SEALED && link->wire.n_sent >= link->n_ahead);
    link->n_early = ioctl(link->wire.fd, FIONREAD, &early) == 0 && early > 0 ? (size_t)early : 0;
    send_until(link, link->wire.out.length);
    if (link->state != LINK_SEALED)
        return;
    if (link->wire.out.length) { /* the socket took nothing: nothing is released */
        h2_link_kill(link, cause_of_timeout(STAGE_SEND), NULL);
        return;
    }
    link->state = LINK_RELEASED;
    for (size_t i = 0; i < link->n_streams; i++)
        if (!link->streams[i]->done)
            link->streams[i]->sample->release_ns = now_ns;
}
