#include "volley/http2/h2_wire.h"

#include "base/clock.h"
#include "volley/path.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { PIECE_BYTES = 16 * 1024 + 512 };

const char *h2_wire_address(const struct h2_wire *wire)
{
    const struct addresses *addresses = &wire->setup->run->route.addresses;
    return addresses->text[(wire->first + wire->tried - 1) % addresses->n];
}

static int try_address(struct h2_wire *wire)
{
    static const struct addrinfo numbers = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                            .ai_socktype = SOCK_STREAM};
    struct addrinfo *address = NULL;
    char port[8];
    int on = 1;
    h2_wire_disconnect(wire);
    snprintf(port, sizeof port, "%u", wire->setup->run->route.target.port);
    if (getaddrinfo(h2_wire_address(wire), port, &numbers, &address) != 0)
        return -EAFNOSUPPORT;
    wire->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool begun = wire->fd >= 0 && setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
                 (connect(wire->fd, address->ai_addr, address->ai_addrlen) == 0 || errno == EINPROGRESS);
    int error = errno;
    freeaddrinfo(address);
    return begun ? 0 : -error;
}

static int try_next(struct h2_wire *wire, int error)
{
    const struct h2_setup *setup = wire->setup;
    while (wire->tried < setup->run->route.addresses.n) {
        bool is_last = ++wire->tried == setup->run->route.addresses.n;
        uint64_t limit_us = clock_monotonic_us() + setup->patience_us;
        wire->until_us = is_last || limit_us > setup->until_us ? setup->until_us : limit_us;
        error = try_address(wire);
        if (error == 0)
            return 0;
    }
    return error;
}

int h2_wire_connect(struct h2_wire *wire)
{
    return try_next(wire, -EADDRNOTAVAIL);
}

int h2_wire_connected(struct h2_wire *wire)
{
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == 0 && path_measure(wire->fd).is_connected)
        return 1;
    if (error == 0 && clock_monotonic_us() < wire->until_us)
        return 0;
    return try_next(wire, error ? -error : -ETIMEDOUT);
}

void h2_wire_disconnect(struct h2_wire *wire)
{
    if (wire->fd >= 0)
        close(wire->fd);
    wire->fd = -1;
}

void h2_wire_free(struct h2_wire *wire)
{
    h2_wire_disconnect(wire);
    SSL_free(wire->ssl);
    text_free(&wire->out);
}

bool h2_wire_encrypt(struct h2_wire *wire, const unsigned char *bytes, size_t n)
{
    return n == 0 || SSL_write(wire->ssl, bytes, (int)n) == (int)n;
}

int h2_wire_collect(struct h2_wire *wire)
{
    char bytes[PIECE_BYTES];
    for (int n; (n = BIO_read(SSL_get_wbio(wire->ssl), bytes, sizeof bytes)) > 0;)
        text_add_bytes(&wire->out, bytes, (size_t)n);
    return wire->out.failed ? -ENOMEM : 0;
}

int h2_wire_send(struct h2_wire *wire, size_t until)
{
    while (wire->n_sent < until) {
        ssize_t n =
            send(wire->fd, wire->out.data + wire->n_sent, until - wire->n_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
        wire->n_sent += (size_t)n;
    }
    if (wire->n_sent == wire->out.length)
        wire->n_sent = wire->out.length = 0;
    return 0;
}

size_t h2_wire_left(const struct h2_wire *wire)
{
    return wire->out.length - wire->n_sent;
}
