#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS = 512,
    BACKLOG = 65535,
    DRAIN_TURNS = 64, /* of looking for more arrivals before the ones at hand are bound */
    STEP_NS = 1000000,
};

static uint64_t clock_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

uint64_t monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

/* Kernel stamps are CLOCK_REALTIME: a step of the wall clock voids what is being measured. */
static void measure_offset(struct server *server)
{
    int64_t offset_ns = (int64_t)clock_ns(CLOCK_REALTIME) - (int64_t)clock_ns(CLOCK_MONOTONIC);
    int64_t moved_ns = offset_ns - server->offset_ns;
    if (server->offset_ns && (moved_ns > STEP_NS || moved_ns < -STEP_NS))
        lambda_note_step(&server->lambda);
    server->offset_ns = offset_ns;
}

uint64_t server_stamp_ns(const struct server *server, uint64_t kernel_ns)
{
    return kernel_ns ? (uint64_t)((int64_t)kernel_ns - server->offset_ns) : monotonic_ns();
}

static bool push(struct request ***list, size_t *n, size_t *size, struct request *request)
{
    if (*n == *size) {
        size_t longer_size = *size ? 2 * *size : 1024;
        struct request **longer = realloc(*list, longer_size * sizeof(struct request *));
        if (!longer)
            return false;
        *list = longer;
        *size = longer_size;
    }
    (*list)[(*n)++] = request;
    return true;
}

void server_take(struct server *server, struct request *request)
{
    if (!push(&server->arrived, &server->n_arrived, &server->arrived_size, request))
        abort();
}

static void due_push(struct server *server, struct request *request)
{
    if (!push(&server->due, &server->n_due, &server->due_size, request))
        abort();
    struct request **heap = server->due;
    size_t at = server->n_due - 1;
    for (; at > 0 && heap[(at - 1) / 2]->due_ns > request->due_ns; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = request;
}

static struct request *due_pop(struct server *server)
{
    struct request **heap = server->due, *top = heap[0], *moved = heap[--server->n_due];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < server->n_due; at = child) {
        if (child + 1 < server->n_due && heap[child + 1]->due_ns < heap[child]->due_ns)
            child++;
        if (heap[child]->due_ns >= moved->due_ns)
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
    return top;
}

void server_watch(struct server *server, struct connection *connection)
{
    struct epoll_event event = {.events = EPOLLIN | (connection->n_out ? (uint32_t)EPOLLOUT : 0),
                                .data.ptr = connection};
    epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, connection->fd, &event);
}

void server_drop(struct server *server, struct connection *connection)
{
    if (connection->dead)
        return;
    connection->dead = true;
    close(connection->fd);
    server->n_open--;
    *connection->slot = connection->next;
    if (connection->next)
        connection->next->slot = connection->slot;
    connection->next = server->buried;
    server->buried = connection;
}

/* Others of this turn's events may still point at them, hence not at once. Those with open requests are freed
 * by the last answer. */
static void free_buried(struct server *server)
{
    while (server->buried) {
        struct connection *connection = server->buried;
        server->buried = connection->next;
        if (connection->open == 0)
            connection_free(connection);
    }
}

static bool start_tls(struct server *server, struct connection *connection)
{
    connection->ssl = SSL_new(server->context);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    if (!connection->ssl || !in || !out) {
        BIO_free(in);
        BIO_free(out);
        return false;
    }
    SSL_set_bio(connection->ssl, in, out);
    SSL_set_accept_state(connection->ssl);
    return true;
}

static void take_connection(struct server *server, int fd, bool tls)
{
    struct connection *connection = calloc(1, sizeof *connection);
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (!connection || (tls && !start_tls(server, connection)) ||
        epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
        if (connection)
            connection_free(connection);
        close(fd);
        return;
    }
    connection->server = server;
    connection->fd = fd;
    connection->number = ++server->n_total;
    connection->next = server->connections;
    connection->slot = &server->connections;
    if (connection->next)
        connection->next->slot = &connection->next;
    server->connections = connection;
    server->n_open++;
    http1_start(connection);
}

static void accept_all(struct server *server, size_t listener)
{
    for (;;) {
        int fd = accept4(server->listeners[listener].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        take_connection(server, fd, server->listeners[listener].tls);
    }
}

static void serve_connection(struct server *server, struct connection *connection, uint32_t events)
{
    if (connection->dead)
        return;
    bool alive = true;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        alive = connection_read(connection);
    if (connection->dead)
        return;
    bool written = connection_write(connection);
    /* A peer that has only closed its sending side still gets its answers. */
    if (!written || (!alive && connection->open == 0) || events & (EPOLLHUP | EPOLLERR))
        server_drop(server, connection);
    else if (!alive)
        epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, connection->fd, NULL), connection->closing = true;
}

/* False: a signal asks to end. */
static bool serve_events(struct server *server, const struct epoll_event *events, int n)
{
    for (int i = 0; i < n; i++) {
        void *data = events[i].data.ptr;
        if (data == &server->signal_fd)
            return false;
        if (data >= (void *)server->listeners && data < (void *)(server->listeners + LISTENERS_MAX))
            accept_all(server,
                       (size_t)((char *)data - (char *)server->listeners) / sizeof server->listeners[0]);
        else
            serve_connection(server, data, events[i].events);
    }
    return true;
}

static int compare_arrivals(const void *a, const void *b)
{
    const struct request *x = *(struct request *const *)a, *y = *(struct request *const *)b;
    return (x->arrival_ns > y->arrival_ns) - (x->arrival_ns < y->arrival_ns);
}

/* All that have arrived are bound in the order of the kernel's stamps. */
static void bind_arrived(struct server *server)
{
    size_t n = server->n_arrived;
    if (n == 0)
        return; /* there may be no array yet */
    qsort(server->arrived, n, sizeof(struct request *), compare_arrivals);
    for (size_t i = 0; i < n; i++)
        if (!handler_take(server, server->arrived[i]))
            due_push(server, server->arrived[i]);
    /* Answers may let a pipelined request arrive meanwhile. */
    memmove(server->arrived, server->arrived + n, (server->n_arrived - n) * sizeof(struct request *));
    server->n_arrived -= n;
}

static void answer_due(struct server *server)
{
    uint64_t now_ns = monotonic_ns();
    while (server->n_due && server->due[0]->due_ns <= now_ns)
        handler_answer(server, due_pop(server));
}

static int wait_ms(const struct server *server, uint64_t end_ns)
{
    uint64_t until_ns = server->n_due && server->due[0]->due_ns < end_ns ? server->due[0]->due_ns : end_ns;
    uint64_t now_ns = monotonic_ns();
    if (server->n_arrived || until_ns <= now_ns)
        return 0;
    uint64_t ms = (until_ns - now_ns) / 1000000 + 1;
    return ms > 60000 ? 60000 : (int)ms;
}

static void loop(struct server *server)
{
    struct epoll_event events[EVENTS];
    uint64_t end_ns = server->options.lifetime_s > 0
                          ? monotonic_ns() + (uint64_t)(server->options.lifetime_s * 1e9)
                          : UINT64_MAX;
    while (monotonic_ns() < end_ns) {
        int n = epoll_wait(server->epoll_fd, events, EVENTS, wait_ms(server, end_ns));
        measure_offset(server);
        for (int turns = 0; n > 0; turns++) {
            if (!serve_events(server, events, n))
                return;
            free_buried(server);
            n = turns < DRAIN_TURNS ? epoll_wait(server->epoll_fd, events, EVENTS, 0) : 0;
        }
        bind_arrived(server);
        answer_due(server);
        free_buried(server);
    }
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                           const unsigned char *in, unsigned in_length, void *context)
{
    static const unsigned char offered[] = "\x02h2\x08http/1.1";
    const struct server *server = context;
    (void)ssl;
    const unsigned char *list = server->options.with_h2 ? offered : offered + 3;
    unsigned length = server->options.with_h2 ? sizeof offered - 1 : sizeof offered - 4;
    union {
        const unsigned char **in;
        unsigned char **out;
    } selected = {.in = out};
    return SSL_select_next_proto(selected.out, out_length, list, length, in, in_length) ==
                   OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

static bool load_tls(struct server *server)
{
    const struct server_options *options = &server->options;
    if (!options->certificate)
        return true;
    server->context = SSL_CTX_new(TLS_server_method());
    if (server->context && SSL_CTX_use_certificate_chain_file(server->context, options->certificate) == 1 &&
        SSL_CTX_use_PrivateKey_file(server->context, options->key, SSL_FILETYPE_PEM) == 1) {
        SSL_CTX_set_mode(server->context, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_alpn_select_cb(server->context, choose_protocol, server);
        return true;
    }
    fprintf(stderr, "lambda-sim: cannot use %s: %s\n", options->certificate,
            ERR_reason_error_string(ERR_peek_last_error()));
    return false;
}

static socklen_t make_address(const char *text, int port, struct sockaddr_storage *address)
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

static bool listen_on(struct server *server, int port, bool tls)
{
    struct sockaddr_storage address;
    const char *text = server->options.bind_address;
    socklen_t length = make_address(text, port, &address);
    int fd = length ? socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
    int on = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &server->listeners[server->n_listeners]};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) < 0 ||
        epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
        fprintf(stderr, "lambda-sim: cannot listen on %s port %d: %s\n", text, port,
                length ? strerror(errno) : "not an address");
        return false;
    }
    server->listeners[server->n_listeners].fd = fd;
    server->listeners[server->n_listeners++].tls = tls;
    int bound = ntohs(address.ss_family == AF_INET ? ((struct sockaddr_in *)&address)->sin_port
                                                   : ((struct sockaddr_in6 *)&address)->sin6_port);
    bool v6 = address.ss_family == AF_INET6;
    printf("lambda-sim: listening on %s%s%s:%d (%s)\n", v6 ? "[" : "", text, v6 ? "]" : "", bound,
           tls ? "https" : "http");
    fflush(stdout);
    return true;
}

static bool watch_signals(struct server *server)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    server->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &server->signal_fd};
    return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->signal_fd, &event) == 0;
}

static void close_all(struct server *server)
{
    while (server->connections)
        server_drop(server, server->connections);
    for (size_t i = 0; i < server->n_due; i++) {
        struct connection *connection = server->due[i]->connection;
        connection->open--;
        request_free(server->due[i]);
    }
    free_buried(server);
    for (size_t i = 0; i < REQUESTS_KEPT; i++)
        request_free(server->kept[i]);
    for (size_t i = 0; i < server->n_listeners; i++)
        close(server->listeners[i].fd);
    free(server->arrived);
    free(server->due);
    lambda_reset(&server->lambda);
    SSL_CTX_free(server->context);
    close(server->signal_fd);
    close(server->epoll_fd);
}

int server_run(const struct server_options *options)
{
    static struct server server;
    struct rlimit limit;
    server.options = *options;
    server.max_streams = options->max_streams;
    server.lambda.options = options->lambda;
    server.random = options->seed;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    signal(SIGPIPE, SIG_IGN);
    server.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    bool tls = options->certificate != NULL;
    bool ready = load_tls(&server) && watch_signals(&server) && listen_on(&server, options->port, tls) &&
                 (options->plain_port < 0 || listen_on(&server, options->plain_port, false));
    if (ready)
        loop(&server);
    close_all(&server);
    return ready ? 0 : 1;
}
