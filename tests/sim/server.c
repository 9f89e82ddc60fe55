#include "server.h"

#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    DRAIN_TURNS = 64,    /* of looking for more arrivals before the known ones are bound */
    GREET_NS = 5000000,  /* for handshakes, in one turn */
    ANSWER_EVERY = 64,   /* connections read, then answers that became due meanwhile go out */
    EVENTS_BESIDES = 16, /* listeners, signal, timer, and room */
};

void server_take(struct server *server, struct request *request)
{
    if (server->n_arrived == server->arrived_size) {
        server->arrived_size = server->arrived_size ? 2 * server->arrived_size : 64;
        server->arrived = reallocate(server->arrived, server->arrived_size * sizeof(struct request *));
    }
    request->order = server->arrivals++;
    server->arrived[server->n_arrived++] = request_ref(request);
}

void server_due(struct server *server, struct request *request)
{
    heap_push(&server->due, request->binding.end_ns, request);
}

void server_watch(struct server *server, struct connection *connection, int operation)
{
    struct epoll_event event = {.events = connection->watched, .data.ptr = connection};
    if (epoll_ctl(server->epoll_fd, operation, connection->fd, &event) < 0) {
        connection->failed = true;
        server_changed(server, connection);
    }
}

void server_changed(struct server *server, struct connection *connection)
{
    if (connection->changed)
        return;
    connection->changed = true;
    connection->next_changed = server->changed;
    server->changed = connection;
}

void server_drop(struct server *server, struct connection *connection)
{
    connection->dead = true;
    /* A handler's process that is just being started holds it open until its exec: closing it here wouldn't
     * take it out of the epoll. */
    epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, connection->fd, NULL);
    close(connection->fd);
    server->n_open--;
    *connection->slot = connection->next;
    if (connection->next)
        connection->next->slot = connection->slot;
    while (connection->requests)
        request_detach(connection->requests);
    connection->next = server->buried;
    server->buried = connection;
}

static void settle_changed(struct server *server)
{
    while (server->changed) {
        struct connection *connection = server->changed;
        server->changed = connection->next_changed;
        connection->changed = false;
        connection_settle(connection);
    }
}

/* Waits for the end of the turn, because its events may still point at them. */
static void free_buried(struct server *server)
{
    while (server->buried) {
        struct connection *connection = server->buried;
        server->buried = connection->next;
        connection_free(connection);
    }
}

static void answer_due(struct server *server)
{
    uint64_t now_ns = server->due.n ? monotonic_ns() : 0;
    while (server->due.n && server->due.entries[0].key <= now_ns) {
        struct request *request = heap_pop(&server->due);
        handler_answer(server, request);
        request_unref(request);
    }
    settle_changed(server);
}

static int compare_arrivals(const void *a, const void *b)
{
    const struct request *x = *(struct request *const *)a, *y = *(struct request *const *)b;
    if (x->arrival.ns != y->arrival.ns)
        return x->arrival.ns < y->arrival.ns ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* Binds all requests that have arrived, in the order of the kernel's stamps. */
static void bind_arrived(struct server *server)
{
    size_t n = server->n_arrived;
    if (n)
        qsort(server->arrived, n, sizeof(struct request *), compare_arrivals);
    for (size_t i = 0; i < n; i++) {
        struct request *request =
            server->arrived[i]; /* an answer may let a pipelined request arrive, which moves the list */
        enum taken taken = handler_take(server, request);
        if (taken == TAKEN_DUE)
            server_due(server, request);
        else if (taken == TAKEN_ANSWERED)
            request_unref(request);
    }
    server->n_arrived -= n;
    if (server->n_arrived)
        memmove(server->arrived, server->arrived + n, server->n_arrived * sizeof(struct request *));
}

static void serve(struct connection *connection, uint32_t events)
{
    if (connection->dead)
        return;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        connection_read(connection);
    connection->failed |= (events & (EPOLLHUP | EPOLLERR)) != 0;
    connection_settle(connection);
}

static bool serve_own(struct server *server, void *data)
{
    uint64_t expirations;
    if (data == &server->signal_fd)
        server->stopped = true;
    else if (data == &server->timer_fd)
        server->armed_ns =
            read(server->timer_fd, &expirations, sizeof expirations) > 0 ? 0 : server->armed_ns;
    else if (server->exec && data == exec_fd(server->exec))
        exec_serve(server->exec);
    else if (data >= (void *)server->listeners && data < (void *)(server->listeners + LISTENERS_MAX))
        listen_accept(server, data);
    else
        return false;
    return true;
}

static bool is_stranger(const struct connection *connection)
{
    return connection->ssl && !connection->greeted && !connection->dead;
}

/* Serves what is ready, except new TLS clients ("strangers"), whose greeting is costly and can't complete a
 * request: they are left at the front of the list of events. Returns how many were served. */
static size_t look(struct server *server, bool wait, size_t *ret_strangers)
{
    size_t most = server->n_open + EVENTS_BESIDES, served = 0;
    if (most > server->events_size) {
        server->events_size = 2 * most;
        server->events = reallocate(server->events, server->events_size * sizeof *server->events);
    }
    int n = epoll_wait(server->epoll_fd, server->events, (int)server->events_size, wait ? -1 : 0);
    clock_compare(server);
    *ret_strangers = 0;
    for (int i = 0; i < n; i++) {
        struct epoll_event event = server->events[i];
        if (!serve_own(server, event.data.ptr)) {
            if (is_stranger(event.data.ptr)) {
                server->events[(*ret_strangers)++] = event;
                continue;
            }
            serve(event.data.ptr, event.events);
        }
        if (++served % ANSWER_EVERY == 0)
            answer_due(server);
    }
    return served;
}

static void greet(struct server *server, size_t strangers)
{
    uint64_t until_ns = strangers ? monotonic_ns() + GREET_NS : 0;
    for (size_t i = 0; i < strangers; i++) {
        serve(server->events[i].data.ptr, server->events[i].events);
        if (monotonic_ns() >= until_ns)
            return;
    }
}

static void arm_timer(struct server *server)
{
    uint64_t next_ns = server->due.n ? server->due.entries[0].key : UINT64_MAX;
    next_ns = next_ns < server->end_ns ? next_ns : server->end_ns;
    if (next_ns == server->armed_ns)
        return;
    struct itimerspec when = {0};
    if (next_ns != UINT64_MAX)
        when.it_value =
            (struct timespec){.tv_sec = (time_t)(next_ns / NS_PER_S), .tv_nsec = (long)(next_ns % NS_PER_S)};
    timerfd_settime(server->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
    server->armed_ns = next_ns;
}

/* Reads everything that has arrived before it binds any of it. */
static void turn(struct server *server)
{
    size_t strangers;
    server->clock_stepped = false;
    bool found = look(server, server->n_arrived == 0, &strangers);
    for (int i = 0; found && i < DRAIN_TURNS; i++)
        found = look(server, false, &strangers);
    bind_arrived(server);
    answer_due(server);
    greet(server, strangers);
    settle_changed(server);
    free_buried(server);
    arm_timer(server);
    server->stopped |= monotonic_ns() >= server->end_ns;
}

static bool watch_own(struct server *server, int *fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};
    return *fd >= 0 && epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, *fd, &event) == 0;
}

static bool open_descriptors(struct server *server)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    server->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (server->spare_fd >= 0 && watch_own(server, &server->signal_fd) &&
        watch_own(server, &server->timer_fd))
        return true;
    fprintf(stderr, "lambda-sim: cannot start: %s\n", strerror(errno));
    return false;
}

static void raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void close_all(struct server *server)
{
    while (server->connections)
        server_drop(server, server->connections);
    free_buried(server);
    while (server->due.n)
        request_unref(heap_pop(&server->due));
    heap_clear(&server->due);
    while (server->n_arrived)
        request_unref(server->arrived[--server->n_arrived]);
    free(server->arrived);
    free(server->events);
    recent_free(server->recent);
    cache_free(server->cache);
    server->lambda->died = NULL;
    exec_free(server->exec);
    lambda_free(server->lambda);
    registry_free(&server->options.registry);
    SSL_CTX_free(server->context);
    for (size_t i = 0; i < server->n_listeners; i++)
        close(server->listeners[i].fd);
    const int own[] = {server->record_fd, server->spare_fd, server->timer_fd, server->signal_fd,
                       server->epoll_fd};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i] >= 0)
            close(own[i]);
}

static int open_record(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        fprintf(stderr, "lambda-sim: cannot write %s: %s\n", path, strerror(errno));
    return fd;
}

static void instance_died(void *context, uint64_t number)
{
    exec_end(((struct server *)context)->exec, number);
}

/* Starts exec, if processes for instances were asked for. */
static bool start_exec(struct server *server)
{
    if (!server->options.exec)
        return true;
    server->exec = exec_new(server, server->options.exec);
    server->lambda->died = instance_died;
    server->lambda->died_context = server;
    return server->exec && watch_own(server, exec_fd(server->exec));
}

/* An exit code. */
static int start(struct server *server)
{
    const struct server_options *options = &server->options;
    bool tls = options->tls.certificate != NULL;
    if (tls && !(server->context = tls_context(&options->tls)))
        return EX_NOINPUT;
    if (options->record && (server->record_fd = open_record(options->record)) < 0)
        return EX_CANTCREAT;
    if (!start_exec(server))
        return EX_OSERR;
    if (!listen_on(server, options->port, tls) ||
        (options->plain_port >= 0 && !listen_on(server, options->plain_port, false)))
        return EX_UNAVAILABLE;
    return EX_OK;
}

int server_run(const struct server_options *options)
{
    struct server server = {.options = *options, .end_ns = UINT64_MAX, .record_fd = -1};
    raise_limit();
    server.lambda = lambda_new(&options->lambda);
    server.recent = recent_new();
    server.cache = options->with_cache ? cache_new() : NULL;
    int code = open_descriptors(&server) ? start(&server) : EX_OSERR;
    if (options->lifetime_s > 0)
        server.end_ns = monotonic_ns() + (uint64_t)(options->lifetime_s * (double)NS_PER_S);
    clock_compare(&server);
    arm_timer(&server);
    while (code == EX_OK && !server.stopped)
        turn(&server);
    close_all(&server);
    return code;
}
