#include "volley/http2/h2_connect.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

static void kill_unconnected(struct h2_link *link)
{
    enum cause cause = link->system_error == ECONNREFUSED                             ? CAUSE_REFUSED
                       : link->system_error == ETIMEDOUT                              ? CAUSE_CONNECT_TIMEOUT
                       : link->system_error == EMFILE || link->system_error == ENFILE ? CAUSE_DESCRIPTORS
                       : link->system_error == ENETUNREACH || link->system_error == EHOSTUNREACH
                           ? CAUSE_UNREACHABLE
                           : CAUSE_CONNECT;
    char detail[SAMPLE_DETAIL_MAX];
    snprintf(detail, sizeof detail, "cannot connect to %s port %u: %s", link->setup->host, link->setup->port,
             strerror(link->system_error));
    h2_link_kill(link, cause, detail);
}

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

void h2_connect_next(struct h2_link *link, uint64_t deadline_us)
{
    const struct addresses *addresses = link->setup->addresses;
    int on = 1;
    while (link->tried < addresses->n) {
        struct sockaddr_storage address;
        const char *text = addresses->text[(link->first_address + link->tried++) % addresses->n];
        socklen_t length = make_address(text, link->setup->port, &address);
        uint64_t limit_us = clock_monotonic_us() + link->setup->patience_us;
        bool last = link->tried == addresses->n;
        if (link->fd >= 0)
            close(link->fd);
        link->fd = length ? socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
        link->attempt_until_us = last || limit_us > deadline_us ? deadline_us : limit_us;
        if (link->fd >= 0 && setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
            (connect(link->fd, (struct sockaddr *)&address, length) == 0 || errno == EINPROGRESS))
            return;
        link->system_error = length ? errno : EAFNOSUPPORT;
    }
    kill_unconnected(link);
}

void h2_connect_finish(struct h2_link *link, uint64_t deadline_us)
{
    struct tcp_info info;
    int error = 0;
    socklen_t length = sizeof error, n_info = sizeof info;
    getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == 0 && getsockopt(link->fd, IPPROTO_TCP, TCP_INFO, &info, &n_info) == 0 &&
        info.tcpi_state == TCP_ESTABLISHED) {
        link->state = LINK_SHAKING;
        return;
    }
    if (error == 0 && clock_monotonic_us() < link->attempt_until_us)
        return;
    link->system_error = error ? error : ETIMEDOUT;
    h2_connect_next(link, deadline_us);
}
