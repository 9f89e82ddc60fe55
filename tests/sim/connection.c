#include "connection.h"

#include "dates.h"
#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_BYTES = 16 * 1024,  /* a TLS record, so that a memory BIO stays small */
    READ_LIMIT = 1 << 20,    /* in one turn, so that others get theirs too */
    WAITING_LIMIT = 1 << 16, /* of pipelined input; beyond it the peer has to wait */
    DISCARD_LIMIT = 64 << 20,
};

/* One for the whole (single-threaded) program: a buffer for each connection would take most of its memory. */
static unsigned char received[READ_BYTES];

void connection_send(struct connection *connection, const void *bytes, size_t length)
{
    if (connection->failed || length == 0)
        return;
    if (connection->ssl)
        tls_send(connection, bytes, length);
    else
        buffer_add(&connection->out, bytes, length);
}

void connection_complete(struct connection *connection, struct request *request)
{
    request->arrival = connection->stamp;
    request->complete = true;
    connection->n_unanswered++;
    server_take(connection->server, request);
}

void connection_answer(struct request *request, const struct answer *answer)
{
    struct connection *connection = request->connection;
    if (!connection)
        return;
    request->answered = true;
    connection->n_unanswered--;
    char date[DATE_TEXT];
    struct answer dated = *answer;
    date_http(date, server_wall_ms(connection->server));
    answer_header(&dated, "Date", date);
    if (connection->h2)
        http2_answer(request, &dated);
    else
        http1_answer(request, &dated);
    server_changed(connection->server, connection);
}

void connection_abort(struct request *request, uint32_t error, bool goaway)
{
    struct connection *connection = request->connection;
    if (!connection)
        return;
    request->answered = true;
    connection->n_unanswered--;
    if (connection->h2)
        http2_abort(request, error, goaway);
    else
        connection->closing = true;
    server_changed(connection->server, connection);
}

void connection_give(struct connection *connection, const void *bytes, size_t length)
{
    if (connection->h2)
        http2_take(connection, bytes, length);
    else
        http1_take(connection, bytes, length);
}

/* The kernel's stamp of the last segment in this read, CLOCK_REALTIME; 0 if there is none. */
static uint64_t kernel_stamp(struct msghdr *message)
{
    for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control; control = CMSG_NXTHDR(message, control))
        if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
            return (uint64_t)stamp.tv_sec * NS_PER_S + (uint64_t)stamp.tv_nsec;
        }
    return 0;
}

/* Receives as recv() does, and stamps the connection. */
static ssize_t receive(struct connection *connection)
{
    union {
        char bytes[256];
        struct cmsghdr align;
    } control;
    struct iovec vector = {.iov_base = received, .iov_len = sizeof received};
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t n;
    do
        n = recvmsg(connection->fd, &message, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        connection->stamp = server_stamp(connection->server, kernel_stamp(&message));
    return n;
}

static void take(struct connection *connection, size_t length)
{
    if (connection->lingering || connection->closing) {
        connection->discarded += length;
        connection->failed |= connection->discarded > DISCARD_LIMIT;
    } else if (connection->ssl)
        tls_take(connection, received, length);
    else
        connection_give(connection, received, length);
}

static bool wants_input(const struct connection *connection)
{
    return !connection->ended && !connection->failed && connection->waiting.length < WAITING_LIMIT;
}

void connection_read(struct connection *connection)
{
    for (size_t taken = 0; taken < READ_LIMIT && wants_input(connection);) {
        ssize_t n = receive(connection);
        if (n < 0) {
            connection->failed |= errno != EAGAIN && errno != EWOULDBLOCK;
            return;
        }
        if (n == 0)
            connection->ended = true;
        else
            take(connection, (size_t)n);
        taken += (size_t)n;
    }
}

static void write_out(struct connection *connection)
{
    struct buffer *out = &connection->out;
    while (out->length && !connection->failed) {
        ssize_t n = send(connection->fd, out->data, out->length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0)
            buffer_take(out, (size_t)n);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        else if (errno != EINTR)
            connection->failed = true;
    }
}

static void watch(struct connection *connection)
{
    uint32_t events =
        (wants_input(connection) ? (uint32_t)EPOLLIN : 0) | (connection->out.length ? (uint32_t)EPOLLOUT : 0);
    if (events == connection->watched)
        return;
    connection->watched = events;
    server_watch(connection->server, connection, EPOLL_CTL_MOD);
}

/* All has been written. A close would reset a peer that may still be sending, and it might lose the answer,
 * so only sending is shut. */
static void end_sending(struct connection *connection)
{
    if (!connection->refused || connection->ended) {
        connection->failed = true;
        return;
    }
    shutdown(connection->fd, SHUT_WR);
    connection->lingering = true;
}

void connection_settle(struct connection *connection)
{
    if (connection->dead)
        return;
    if (connection->h2)
        http2_flush(connection);
    /* A peer that has only closed its sending side still gets its answers. */
    bool over = connection->closing || (connection->ended && connection->n_unanswered == 0);
    if (over && connection->ssl && !connection->failed)
        tls_end(connection);
    write_out(connection);
    if (over && !connection->out.length && (!connection->lingering || connection->ended))
        end_sending(connection);
    if (connection->failed)
        server_drop(connection->server, connection);
    else
        watch(connection);
}

void connection_free(struct connection *connection)
{
    while (connection->requests)
        request_detach(connection->requests);
    if (connection->h2)
        nghttp2_session_del(connection->h2);
    SSL_free(connection->ssl);
    buffer_free(&connection->field);
    buffer_free(&connection->value);
    buffer_free(&connection->waiting);
    buffer_free(&connection->out);
    free(connection);
}
