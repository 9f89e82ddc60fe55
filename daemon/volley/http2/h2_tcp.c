#include "volley/http2/h2_tcp.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static socklen_t make_address(const char *text, unsigned port, struct sockaddr_storage *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    *address = (struct sockaddr_storage){0};
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        return sizeof *v4;
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        return sizeof *v6;
    }
    return 0;
}

static int try_address(struct h2_tcp *tcp, const char *text)
{
    struct sockaddr_storage address;
    socklen_t length = make_address(text, tcp->port, &address);
    int on = 1;
    h2_tcp_close(tcp);
    if (length == 0)
        return -EAFNOSUPPORT;
    tcp->fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (tcp->fd < 0 || setsockopt(tcp->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0)
        return -errno;
    return connect(tcp->fd, (struct sockaddr *)&address, length) == 0 || errno == EINPROGRESS ? 0 : -errno;
}

static int try_next(struct h2_tcp *tcp, uint64_t deadline_us, int error)
{
    const struct addresses *addresses = tcp->addresses;
    while (tcp->tried < addresses->n) {
        const char *text = addresses->text[(tcp->first + tcp->tried++) % addresses->n];
        uint64_t limit_us = clock_monotonic_us() + tcp->patience_us;
        bool is_last = tcp->tried == addresses->n;
        tcp->until_us = is_last || limit_us > deadline_us ? deadline_us : limit_us;
        error = try_address(tcp, text);
        if (error == 0)
            return 0;
    }
    return error;
}

int h2_tcp_begin(struct h2_tcp *tcp, uint64_t deadline_us)
{
    return try_next(tcp, deadline_us, -EADDRNOTAVAIL);
}

/* All zero if the kernel doesn't tell. */
static struct tcp_info measure(const struct h2_tcp *tcp)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    getsockopt(tcp->fd, IPPROTO_TCP, TCP_INFO, &info, &length);
    return info;
}

int h2_tcp_finish(struct h2_tcp *tcp, uint64_t deadline_us)
{
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(tcp->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == 0 && measure(tcp).tcpi_state == TCP_ESTABLISHED)
        return 1;
    if (error == 0 && clock_monotonic_us() < tcp->until_us)
        return 0;
    return try_next(tcp, deadline_us, error ? -error : -ETIMEDOUT);
}

void h2_tcp_close(struct h2_tcp *tcp)
{
    if (tcp->fd >= 0)
        close(tcp->fd);
    tcp->fd = -1;
}

uint32_t h2_tcp_round_trip_us(const struct h2_tcp *tcp)
{
    return measure(tcp).tcpi_rtt;
}
