#include "connection.h"

#include "server.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024 };

/* One for the whole (single-threaded) program: a buffer for each connection would be most of its memory. */
static unsigned char received[READ_BYTES], wire[READ_BYTES], clear[READ_BYTES];

static bool append(unsigned char **bytes, size_t *length, const void *more, size_t n)
{
    unsigned char *longer = realloc(*bytes, *length + n + 1);
    if (!longer)
        return false;
    memcpy(longer + *length, more, n);
    *bytes = longer;
    *length += n;
    return true;
}

/* Moves what TLS wants to send to the socket's queue. */
static void take_encrypted(struct connection *connection)
{
    BIO *bio = SSL_get_wbio(connection->ssl);
    for (int n; (n = BIO_read(bio, wire, sizeof wire)) > 0;)
        if (!append(&connection->out, &connection->n_out, wire, (size_t)n))
            connection->closing = true;
}

void connection_send(struct connection *connection, const void *bytes, size_t length)
{
    if (connection->dead || length == 0)
        return;
    if (!connection->ssl) {
        connection->closing |= !append(&connection->out, &connection->n_out, bytes, length);
        return;
    }
    if (SSL_write(connection->ssl, bytes, (int)length) <= 0)
        connection->closing = true;
    take_encrypted(connection);
}

void connection_complete(struct connection *connection, struct request *request)
{
    request->arrival_ns = connection->stamp_ns;
    request->connection_number = connection->number;
    connection->open++;
    server_take(connection->server, request);
}

/* One request less is open. False: its connection is gone. */
static bool settle(struct connection *connection)
{
    connection->open--;
    if (connection->dead && connection->open == 0) {
        connection_free(connection);
        return false;
    }
    return !connection->dead;
}

void connection_abort(struct connection *connection, const struct request *request, uint32_t error,
                      bool goaway)
{
    if (!settle(connection))
        return;
    if (connection->h2)
        http2_abort(connection, request, error, goaway);
    else
        connection->closing = true;
    if (!connection_write(connection))
        server_drop(connection->server, connection);
}

void connection_answer(struct connection *connection, const struct request *request,
                       const struct answer *answer)
{
    if (!settle(connection))
        return;
    if (connection->h2)
        http2_answer(connection, request, answer);
    else
        http1_answer(connection, request, answer);
    if (!connection_write(connection))
        server_drop(connection->server, connection);
}

static bool give(struct connection *connection, const unsigned char *bytes, size_t length)
{
    return connection->h2 ? http2_take(connection, bytes, length) : http1_take(connection, bytes, length);
}

static bool finish_handshake(struct connection *connection)
{
    const unsigned char *protocol = NULL;
    unsigned length = 0;
    connection->shaken = true;
    SSL_get0_alpn_selected(connection->ssl, &protocol, &length);
    if (length == 2 && memcmp(protocol, "h2", 2) == 0)
        return http2_start(connection, connection->server->max_streams);
    return true;
}

/* Decrypts what has come and gives it on. */
static bool take_wire(struct connection *connection, const unsigned char *bytes, size_t length)
{
    if (!connection->ssl)
        return give(connection, bytes, length);
    if (BIO_write(SSL_get_rbio(connection->ssl), bytes, (int)length) != (int)length)
        return false;
    ERR_clear_error();
    if (!connection->shaken) {
        int done = SSL_do_handshake(connection->ssl);
        int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(connection->ssl, done);
        take_encrypted(connection);
        if (error == SSL_ERROR_WANT_READ)
            return true;
        if (error != SSL_ERROR_NONE || !finish_handshake(connection))
            return false;
    }
    int n;
    while ((n = SSL_read(connection->ssl, clear, sizeof clear)) > 0)
        if (!give(connection, clear, (size_t)n))
            return false;
    bool alive = SSL_get_error(connection->ssl, n) == SSL_ERROR_WANT_READ;
    take_encrypted(connection);
    return alive;
}

/* The kernel's stamp of the last segment in this read, CLOCK_REALTIME; 0 where there is none. */
static uint64_t stamp_of(struct msghdr *message)
{
    for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control; control = CMSG_NXTHDR(message, control))
        if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
            return (uint64_t)stamp.tv_sec * 1000000000U + (uint64_t)stamp.tv_nsec;
        }
    return 0;
}

bool connection_read(struct connection *connection)
{
    for (;;) {
        union {
            char bytes[256];
            struct cmsghdr align;
        } control;
        struct iovec vector = {.iov_base = received, .iov_len = sizeof received};
        struct msghdr message = {.msg_iov = &vector,
                                 .msg_iovlen = 1,
                                 .msg_control = control.bytes,
                                 .msg_controllen = sizeof control.bytes};
        ssize_t n = recvmsg(connection->fd, &message, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        if (n == 0)
            return false;
        connection->stamp_ns = server_stamp_ns(connection->server, stamp_of(&message));
        if (!take_wire(connection, received, (size_t)n))
            return false;
    }
}

bool connection_write(struct connection *connection)
{
    size_t sent = 0;
    while (sent < connection->n_out) {
        ssize_t n = send(connection->fd, connection->out + sent, connection->n_out - sent,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
            return false;
        if (n < 0)
            break;
        sent += (size_t)n;
    }
    connection->n_out -= sent;
    if (connection->n_out)
        memmove(connection->out, connection->out + sent, connection->n_out);
    else {
        free(connection->out);
        connection->out = NULL;
    }
    server_watch(connection->server, connection);
    return connection->n_out > 0 || !connection->closing;
}

void connection_free(struct connection *connection)
{
    request_free(connection->request);
    if (connection->h2)
        nghttp2_session_del(connection->h2);
    SSL_free(connection->ssl);
    free(connection->waiting);
    free(connection->out);
    free(connection);
}
