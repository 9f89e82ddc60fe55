/* The floor: how close together one byte can be sent on each of N idle TCP connections over loopback by
 * nothing but send() loops, one a core. No TLS, no HTTP, no libcurl. usage: floor N [THREADS] Prints
 * {"requests","threads","skew_us","clock_stepped"}: skew is the last less the first of the kernel's receive
 * stamps (SO_TIMESTAMPNS) in a receiver that is a process of its own and reads the bytes as they come. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    EXIT_USAGE = 64,
    EXIT_FAULT = 70,
    CONNECTIONS_MAX = 20000,
    THREADS_MAX = 64,
    EVENTS = 512,
    LIMIT_S = 120,
    STEP_NS = 1000000,
    SETTLE_US = 100000,
    LEAD_US = 20000, /* from choosing T0 until it comes */
    SPIN_US = 200,
};

static int sockets[CONNECTIONS_MAX];
static uint64_t release_ns;
static const char *last_byte = "";

struct part {
    int first, end;
    pthread_t thread;
};

static uint64_t clock_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static int64_t clock_offset_ns(void)
{
    return (int64_t)clock_ns(CLOCK_REALTIME) - (int64_t)clock_ns(CLOCK_MONOTONIC);
}

__attribute__((noreturn)) static void fail(const char *what)
{
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAULT);
}

static int listen_on(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)address, sizeof *address) < 0 ||
        listen(fd, CONNECTIONS_MAX) < 0 || getsockname(fd, (struct sockaddr *)address, &length) < 0)
        fail("cannot listen");
    return fd;
}

/* Takes one byte; its kernel stamp, CLOCK_REALTIME, 0 where there is none. */
static uint64_t take_byte(int fd)
{
    union {
        char bytes[256];
        struct cmsghdr align;
    } control;
    char byte;
    struct iovec vector = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct timespec stamp = {0};
    if (recvmsg(fd, &message, 0) != 1)
        fail("cannot receive");
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
            memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
    return (uint64_t)stamp.tv_sec * 1000000000U + (uint64_t)stamp.tv_nsec;
}

static void accept_all(int listener, int epoll_fd, int n)
{
    for (int i = 0, on = 1; i < n; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0 ||
            epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
            fail("cannot accept");
    }
}

/* The receiver: tells by READY_FD that all connections are there, then takes their bytes and prints the
 * result. */
static int receive(int listener, int n, int ready_fd)
{
    struct epoll_event events[EVENTS];
    uint64_t first_ns = UINT64_MAX, last_ns = 0;
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    alarm(LIMIT_S);
    accept_all(listener, epoll_fd, n);
    int64_t offset_ns = clock_offset_ns();
    if (write(ready_fd, "", 1) != 1)
        fail("cannot tell");
    for (int taken = 0; taken < n;) {
        int found = epoll_wait(epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < found; i++, taken++) {
            uint64_t stamp_ns = take_byte(events[i].data.fd);
            if (stamp_ns == 0)
                fail("no kernel stamp");
            first_ns = stamp_ns < first_ns ? stamp_ns : first_ns;
            last_ns = stamp_ns > last_ns ? stamp_ns : last_ns;
        }
    }
    int64_t moved_ns = clock_offset_ns() - offset_ns;
    printf("{\"requests\":%d,\"skew_us\":%.3f,\"clock_stepped\":%s}\n", n,
           (double)(last_ns - first_ns) / 1000, moved_ns > STEP_NS || moved_ns < -STEP_NS ? "true" : "false");
    return fflush(stdout) == 0 ? 0 : EXIT_FAULT;
}

static void connect_all(const struct sockaddr_in *address, int n)
{
    for (int i = 0, on = 1; i < n; i++) {
        sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (sockets[i] < 0 || setsockopt(sockets[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ||
            connect(sockets[i], (const struct sockaddr *)address, sizeof *address) < 0)
            fail("cannot connect");
    }
}

static void *release(void *argument)
{
    const struct part *part = argument;
    uint64_t wake_ns = release_ns - SPIN_US * UINT64_C(1000);
    struct timespec wake = {.tv_sec = (time_t)(wake_ns / 1000000000U),
                            .tv_nsec = (long)(wake_ns % 1000000000U)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL) == EINTR)
        ;
    while (clock_ns(CLOCK_MONOTONIC) < release_ns)
        ;
    for (int i = part->first; i < part->end; i++)
        if (send(sockets[i], last_byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
            fail("cannot send");
    return NULL;
}

static int count_cores(void)
{
    cpu_set_t cores;
    int n = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
    return n > THREADS_MAX ? THREADS_MAX : n;
}

static void release_all(int n)
{
    struct part parts[THREADS_MAX];
    int threads = count_cores();
    usleep(SETTLE_US);
    release_ns = clock_ns(CLOCK_MONOTONIC) + LEAD_US * UINT64_C(1000);
    for (int i = 0; i < threads; i++) {
        parts[i] = (struct part){.first = n * i / threads, .end = n * (i + 1) / threads};
        if (pthread_create(&parts[i].thread, NULL, release, &parts[i]) != 0)
            fail("cannot start a thread");
    }
    for (int i = 0; i < threads; i++)
        pthread_join(parts[i].thread, NULL);
}

static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void wait_until_ready(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    char byte;
    if (poll(&poll_fd, 1, LIMIT_S * 1000) != 1 || read(fd, &byte, 1) != 1)
        fail("the receiver has ended");
}

/* All of a request but its last byte goes ahead; answers are waited for, so that nothing is closed before. */
static int send_to_server(int n, uint16_t port, const char *path)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char request[512];
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    if (length >= (int)sizeof request)
        return EXIT_USAGE;
    last_byte = "\n";
    connect_all(&address, n);
    for (int i = 0; i < n; i++)
        if (send(sockets[i], request, (size_t)length - 1, MSG_NOSIGNAL) != length - 1)
            fail("cannot send");
    release_all(n);
    for (int i = 0; i < n; i++)
        if (recv(sockets[i], request, 1, 0) != 1)
            fail("no answer");
    return 0;
}

static int send_to_own(int n)
{
    struct sockaddr_in address;
    int ready[2], status, listener = listen_on(&address);
    if (pipe(ready) < 0)
        fail("cannot make a pipe");
    pid_t pid = fork();
    if (pid < 0)
        fail("cannot start the receiver");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ready[0]);
        exit(receive(listener, n, ready[1]));
    }
    close(ready[1]);
    connect_all(&address, n);
    wait_until_ready(ready[0]);
    release_all(n);
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAULT;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 0;
    if (n < 1 || n > CONNECTIONS_MAX || (argc != 2 && argc != 4))
        return EXIT_USAGE;
    raise_descriptors();
    alarm(LIMIT_S);
    return argc == 4 ? send_to_server(n, (uint16_t)atoi(argv[2]), argv[3]) : send_to_own(n);
}
