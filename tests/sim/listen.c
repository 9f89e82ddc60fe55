/* Listening, and accepting connections. */
#include "memory.h"
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 65535 /* cut by the kernel to net.core.somaxconn */, ACCEPT_LIMIT = 256 /* in one turn */ };

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* 0: TEXT isn't a numeric address. */
static socklen_t make_address(const char *text, int port, union address *ret_address)
{
    *ret_address = (union address){0};
    if (inet_pton(AF_INET, text, &ret_address->v4.sin_addr) == 1) {
        ret_address->v4.sin_family = AF_INET;
        ret_address->v4.sin_port = htons((uint16_t)port);
        return sizeof ret_address->v4;
    }
    if (inet_pton(AF_INET6, text, &ret_address->v6.sin6_addr) == 1) {
        ret_address->v6.sin6_family = AF_INET6;
        ret_address->v6.sin6_port = htons((uint16_t)port);
        return sizeof ret_address->v6;
    }
    return 0;
}

static void announce(const char *text, const union address *address, bool tls)
{
    bool is_v6 = address->any.sa_family == AF_INET6;
    int port = ntohs(is_v6 ? address->v6.sin6_port : address->v4.sin_port);
    printf("lambda-sim: listening on %s%s%s:%d (%s)\n", is_v6 ? "[" : "", text, is_v6 ? "]" : "", port,
           tls ? "https" : "http");
    fflush(stdout);
}

/* Already asks for stamps here: accepted sockets inherit this, so each of their segments has one. */
static bool open_listener(int fd, union address *address, socklen_t length)
{
    int on = 1;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0 &&
           bind(fd, &address->any, length) == 0 && listen(fd, BACKLOG) == 0 &&
           getsockname(fd, &address->any, &length) == 0;
}

bool listen_on(struct server *server, int port, bool tls)
{
    union address address;
    const char *text = server->options.bind_address;
    socklen_t length = make_address(text, port, &address);
    int fd = length ? socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
    struct listener *listener = &server->listeners[server->n_listeners];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = listener};
    if (fd < 0 || !open_listener(fd, &address, length) ||
        epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
        fprintf(stderr, "lambda-sim: cannot listen on %s port %d: %s\n", text, port,
                length ? strerror(errno) : "not a numeric address");
        if (fd >= 0)
            close(fd);
        return false;
    }
    *listener = (struct listener){.fd = fd, .tls = tls};
    server->n_listeners++;
    announce(text, &address, tls);
    return true;
}

static void take_connection(struct server *server, int fd, bool tls)
{
    struct connection *connection = allocate(sizeof *connection);
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->server = server;
    connection->fd = fd;
    connection->number = ++server->n_total;
    connection->next = server->connections;
    connection->slot = &server->connections;
    if (connection->next)
        connection->next->slot = &connection->next;
    server->connections = connection;
    server->n_open++;
    if (tls)
        tls_start(connection, server->context);
    http1_start(connection);
    connection->watched = EPOLLIN;
    server_watch(server, connection, EPOLL_CTL_ADD);
}

/* Out of descriptors: a connection that can't be accepted would be announced for ever. The spare descriptor
 * accepts it and closes it. */
static void refuse(struct server *server, const struct listener *listener)
{
    close(server->spare_fd);
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void listen_accept(struct server *server, const struct listener *listener)
{
    for (int i = 0; i < ACCEPT_LIMIT; i++) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            take_connection(server, fd, listener->tls);
        else if (errno == EMFILE || errno == ENFILE)
            refuse(server, listener);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
    }
}
