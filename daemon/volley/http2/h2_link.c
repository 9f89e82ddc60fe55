#include "volley/http2/h2_link.h"

#include "base/clock.h"
#include "base/require.h"
#include "net/tls_context.h"
#include "volley/http2/h2_connect.h"
#include "volley/http2/h2_session.h"

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
    bool sealed = link->state == LINK_SEALED || link->state == LINK_RELEASED;
    link->state = LINK_DEAD;
    link->cause = cause;
    snprintf(link->detail, sizeof link->detail, "%s", detail ? detail : "");
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
    for (size_t i = 0; sealed && i < link->n_streams; i++)
        h2_stream_fail(link->streams[i], cause, detail, clock_monotonic_ns());
}

void h2_link_return_streams(struct h2_link *link)
{
    for (size_t i = 0; i < link->n_streams; i++)
        h2_stream_return(link->streams[i]);
    link->n_streams = 0;
}

void h2_link_open(struct h2_link *link, const struct link_setup *setup, size_t first, uint64_t deadline_us)
{
    *link =
        (struct h2_link){.setup = setup, .fd = -1, .first_address = first, .opened_us = clock_monotonic_us()};
    link->ssl = tls_client_new(setup->context, setup->host);
    if (link->ssl)
        h2_connect_next(link, deadline_us);
    else
        h2_link_kill(link, CAUSE_MEMORY, NULL);
}

void h2_link_close(struct h2_link *link)
{
    if (link->fd >= 0)
        close(link->fd);
    if (link->session)
        nghttp2_session_del(link->session);
    SSL_free(link->ssl);
    free(link->out);
    free(link->streams);
    *link = (struct h2_link){.fd = -1, .state = LINK_DEAD};
}

static bool is_late(const struct h2_link *link, uint64_t until_us)
{
    return atomic_load_explicit(link->setup->cancelled, memory_order_relaxed) ||
           clock_monotonic_us() >= until_us;
}

static enum cause late_cause(const struct h2_link *link)
{
    if (atomic_load_explicit(link->setup->cancelled, memory_order_relaxed))
        return CAUSE_STOPPED;
    return link->state < LINK_SEALED ? CAUSE_SEND_TIMEOUT : CAUSE_TIMEOUT;
}

static bool keep_out(struct h2_link *link, const unsigned char *bytes, size_t n)
{
    unsigned char *longer = realloc(link->out, link->n_out + n);
    if (!longer) {
        h2_link_kill(link, CAUSE_MEMORY, NULL);
        return false;
    }
    memcpy(longer + link->n_out, bytes, n);
    link->out = longer;
    link->n_out += n;
    return true;
}

static bool take_encrypted(struct h2_link *link)
{
    unsigned char bytes[IO_BYTES];
    BIO *bio = SSL_get_wbio(link->ssl);
    for (int n; (n = BIO_read(bio, bytes, sizeof bytes)) > 0;)
        if (!keep_out(link, bytes, (size_t)n))
            return false;
    return true;
}

/* Sends what waits, up to UNTIL. */
static void send_until(struct h2_link *link, size_t until)
{
    while (link->n_sent < until) {
        ssize_t n =
            send(link->fd, link->out + link->n_sent, until - link->n_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK)
                h2_link_kill(link, CAUSE_RESET, strerror(errno));
            return;
        }
        link->n_sent += (size_t)n;
    }
    if (link->n_sent == link->n_out)
        link->n_sent = link->n_out = 0;
}

static bool encrypt(SSL *ssl, const unsigned char *bytes, size_t n)
{
    return n == 0 || SSL_write(ssl, bytes, (int)n) == (int)n;
}

/* Encrypts nghttp2's frames for the server: what fits into a record is one. They may hold tokens. */
static bool encrypt_frames(struct h2_link *link)
{
    unsigned char record[H2_RECORD_BYTES];
    const uint8_t *bytes;
    ssize_t n;
    size_t length = 0;
    bool written = true;
    while (written && (n = nghttp2_session_mem_send(link->session, &bytes)) > 0) {
        for (size_t at = 0; written && at < (size_t)n;) {
            size_t room = sizeof record - length, piece = (size_t)n - at < room ? (size_t)n - at : room;
            memcpy(record + length, bytes + at, piece);
            at += piece;
            length += piece;
            if (length == sizeof record) {
                written = encrypt(link->ssl, record, length);
                length = 0;
            }
        }
    }
    bool done = written && n == 0 && encrypt(link->ssl, record, length) && take_encrypted(link);
    explicit_bzero(record, sizeof record);
    if (!done)
        h2_link_kill(link, CAUSE_INTERNAL, "a frame could not be written");
    return done;
}

static void flush(struct h2_link *link)
{
    bool was_full;
    do {
        was_full = link->n_out - link->n_sent >= OUT_MOST_BYTES;
        if (link->session && !was_full && !encrypt_frames(link))
            return;
        if (link->state != LINK_DEAD)
            send_until(link, link->n_out);
    } while (was_full && link->n_out == 0 && link->state != LINK_DEAD);
}

static void finish_handshake(struct h2_link *link)
{
    const unsigned char *protocol = NULL;
    unsigned length = 0;
    SSL_get0_alpn_selected(link->ssl, &protocol, &length);
    link->not_h2 = length != 2 || memcmp(protocol, "h2", 2) != 0;
    link->session = link->not_h2 ? NULL : h2_session_new(link);
    if (link->not_h2)
        h2_link_kill(link, CAUSE_PROTOCOL, "the server does not speak HTTP/2");
    else if (!link->session)
        h2_link_kill(link, CAUSE_MEMORY, NULL);
    else
        link->state = LINK_GREETING;
}

static void shake(struct h2_link *link)
{
    struct error text;
    ERR_clear_error();
    int done = SSL_do_handshake(link->ssl);
    int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(link->ssl, done);
    if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) {
        enum cause cause = tls_failure(link->ssl, &text);
        if (take_encrypted(link)) /* the alert that says why */
            send_until(link, link->n_out);
        h2_link_kill(link, cause, text.message);
        return;
    }
    if (take_encrypted(link) && error == SSL_ERROR_NONE)
        finish_handshake(link);
}

/* TLS has nothing to give: it needs more bytes, or there will be none. */
static void end_of_clear(struct h2_link *link, int result)
{
    struct error text;
    int error = SSL_get_error(link->ssl, result);
    if (error == SSL_ERROR_WANT_READ)
        return;
    if (error == SSL_ERROR_ZERO_RETURN) {
        h2_link_kill(link, CAUSE_CLOSED, "the server closed the connection");
        return;
    }
    enum cause cause = tls_failure(link->ssl, &text);
    h2_link_kill(link, cause, text.message);
}

/* Gives BYTES to nghttp2. False: the link is dead now, because of them or because time is up. FIRST: none of
 * the new bytes has been processed yet; we look at the clock before every piece but the first. */
static bool feed(struct h2_link *link, const unsigned char *bytes, size_t n, uint64_t until_us, bool *first)
{
    for (size_t at = 0; at < n; at += LOOK_EVERY_BYTES) {
        size_t piece = n - at < LOOK_EVERY_BYTES ? n - at : LOOK_EVERY_BYTES;
        if (!*first && is_late(link, until_us)) {
            h2_link_kill(link, late_cause(link), NULL);
            return false;
        }
        *first = false;
        ssize_t taken = nghttp2_session_mem_recv(link->session, bytes + at, piece);
        if (taken < 0) {
            h2_link_kill(link, CAUSE_PROTOCOL, nghttp2_strerror((int)taken));
            return false;
        }
    }
    return true;
}

/* Gives nghttp2 what can be decrypted. */
static void read_frames(struct h2_link *link, uint64_t until_us)
{
    unsigned char clear[IO_BYTES];
    bool first = true;
    int n;
    ERR_clear_error();
    while ((n = SSL_read(link->ssl, clear, sizeof clear)) > 0)
        if (!feed(link, clear, (size_t)n, until_us, &first))
            return;
    end_of_clear(link, n);
    if (link->sent_away && link->state <= LINK_OPEN)
        h2_link_kill(link, CAUSE_CLOSED, "the server ended the connection (GOAWAY)");
    else if (link->state == LINK_GREETING && link->greeted)
        link->state = LINK_OPEN;
}

/* Reads, but perhaps not everything that has arrived. False: the peer has closed or broken the connection. */
static bool receive(struct h2_link *link, uint64_t until_us)
{
    unsigned char bytes[IO_BYTES];
    for (int reads = 0; reads < READS_PER_STEP && (reads == 0 || !is_late(link, until_us)); reads++) {
        link->reads_early = link->n_early > 0;
        size_t most = link->n_early && link->n_early < sizeof bytes ? link->n_early : sizeof bytes;
        ssize_t n = recv(link->fd, bytes, most, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return true;
        link->system_error = n < 0 ? errno : 0;
        if (n <= 0)
            return false;
        link->stamp_ns = clock_monotonic_ns();
        link->n_early -= link->n_early < (size_t)n ? link->n_early : (size_t)n;
        if (BIO_write(SSL_get_rbio(link->ssl), bytes, (int)n) != (int)n)
            return false;
        if (link->state == LINK_SHAKING)
            shake(link);
        if (link->session && link->state != LINK_DEAD)
            read_frames(link, until_us);
        if (link->state == LINK_DEAD)
            return true;
    }
    return true;
}

void h2_link_step(struct h2_link *link, uint64_t until_us)
{
    if (link->state == LINK_CONNECTING) {
        h2_connect_finish(link, until_us);
        if (link->state == LINK_SHAKING)
            shake(link); /* the client speaks first */
    }
    if (link->state == LINK_DEAD || link->state == LINK_CONNECTING)
        return;
    bool alive = receive(link, until_us);
    if (link->state == LINK_DEAD)
        return;
    flush(link);
    if (link->session && link->state != LINK_DEAD && !nghttp2_session_want_read(link->session))
        h2_link_kill(link, CAUSE_PROTOCOL, "the server violated HTTP/2"); /* and nghttp2 has told it so */
    if (alive || link->state == LINK_DEAD)
        return;
    if (link->system_error == ECONNRESET)
        h2_link_kill(link, CAUSE_RESET, strerror(ECONNRESET));
    else
        h2_link_kill(link, CAUSE_CLOSED, "the server closed the connection");
}

bool h2_link_wants_write(const struct h2_link *link)
{
    return link->state == LINK_CONNECTING || link->n_sent < link->n_out;
}

int h2_link_carry(struct h2_link *link, struct h2_stream *const *streams, size_t n)
{
    REQUIRE(link->state == LINK_OPEN && link->n_streams == 0 && n > 0);
    uint32_t offered = h2_session_max_streams(link->session), most = link->setup->streams_most;
    uint32_t allowed = offered < most ? offered : most;
    int taken = h2_session_fit(link->session, streams, n < allowed ? n : allowed);
    if (taken < 0 || allowed == 0)
        return taken < 0 ? taken : 0;
    free(link->streams);
    link->streams = calloc((size_t)taken, sizeof(struct h2_stream *));
    if (!link->streams)
        return -ENOMEM;
    for (size_t i = 0; i < (size_t)taken; i++) {
        struct h2_stream *stream = streams[i];
        link->streams[link->n_streams++] = stream;
        stream->link = link;
        /* A request with a body goes ahead except for its last byte; one without is complete with its
         * headers. */
        if (stream->request.body_length && h2_stream_submit(stream, link->session) != 0) {
            h2_link_kill(link, CAUSE_INTERNAL, "a stream could not be opened");
            return taken;
        }
    }
    flush(link);
    return taken;
}

bool h2_link_yield(struct h2_link *link)
{
    size_t before = link->n_streams;
    if (link->state != LINK_OPEN)
        return false;
    uint32_t allowed = h2_session_max_streams(link->session);
    for (; link->n_streams > allowed && link->streams[link->n_streams - 1]->id == 0; link->n_streams--)
        link->streams[link->n_streams - 1]->link = NULL;
    return link->n_streams < before;
}

static bool has_gone_ahead(const struct h2_link *link, const struct h2_stream *stream)
{
    return stream->done || stream->request.body_length == 0 ||
           (stream->body_sent == stream->request.body_length - 1 &&
            nghttp2_session_get_stream_remote_window_size(link->session, stream->id) > 0);
}

bool h2_link_is_ready(const struct h2_link *link)
{
    if (link->state != LINK_OPEN || link->n_streams == 0 || link->n_sent < link->n_out)
        return false;
    for (size_t i = 0; i < link->n_streams; i++)
        if (!has_gone_ahead(link, link->streams[i]))
            return false;
    return link->streams[0]->request.body_length == 0 ||
           nghttp2_session_get_remote_window_size(link->session) >= (int32_t)link->n_streams;
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
    if (link->n_out <= HEAD_BYTES || open <= 1)
        return link->n_out ? link->n_out - 1 : 0;
    return HEAD_BYTES + ((size_t)link->out[LENGTH_AT] << 8 | link->out[LENGTH_AT + 1]) - 1;
}

bool h2_link_seal(struct h2_link *link)
{
    REQUIRE(link->state == LINK_OPEN && link->n_streams > 0);
    for (size_t i = 0; i < link->n_streams; i++) {
        struct h2_stream *stream = link->streams[i];
        if (stream->done)
            continue; /* the server has ended it already */
        stream->may_end = true;
        int error = stream->request.body_length ? nghttp2_session_resume_data(link->session, stream->id)
                                                : h2_stream_submit(stream, link->session);
        if (error != 0) {
            h2_link_kill(link, CAUSE_INTERNAL, nghttp2_strerror(error));
            return false;
        }
    }
    if (!encrypt_frames(link))
        return false;
    for (size_t i = 0; i < link->n_streams; i++)
        if (!link->streams[i]->complete && !link->streams[i]->done) {
            h2_link_kill(link, CAUSE_REFUSED_STREAM, "the server allows fewer streams than it said");
            return false;
        }
    link->state = LINK_SEALED;
    link->n_ahead = ahead_of_release(link);
    h2_link_sends_ahead(link);
    return link->state == LINK_SEALED;
}

bool h2_link_sends_ahead(struct h2_link *link)
{
    if (link->state == LINK_SEALED && link->n_sent < link->n_ahead)
        send_until(link, link->n_ahead);
    return link->state == LINK_SEALED && link->n_sent < link->n_ahead;
}

void h2_link_release(struct h2_link *link, uint64_t now_ns)
{
    int early = 0;
    REQUIRE(link->state == LINK_SEALED && link->n_sent >= link->n_ahead);
    link->n_early = ioctl(link->fd, FIONREAD, &early) == 0 && early > 0 ? (size_t)early : 0;
    send_until(link, link->n_out);
    if (link->state != LINK_SEALED)
        return;
    if (link->n_out) { /* the socket took nothing: nothing is released */
        h2_link_kill(link, CAUSE_SEND_TIMEOUT, NULL);
        return;
    }
    link->state = LINK_RELEASED;
    for (size_t i = 0; i < link->n_streams; i++)
        if (!link->streams[i]->done)
            link->streams[i]->sample->release_ns = now_ns;
}
