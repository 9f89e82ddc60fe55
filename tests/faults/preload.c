/* Preloaded by tests: makes system calls and libraries fail as the environment says.
 *
 *   FAULT_DNS=fail|slow   getaddrinfo says "no such name", or answers after an hour, for names with "fault"
 *   FAULT_ADDRESSES=A,B   it answers with these addresses for such names
 *   FAULT_ASKED=FILE      such names are written there as they are asked for
 *   FAULT_THREADS=N       the process's N-th and later pthread_create fail with EAGAIN (from 1)
 *   FAULT_BARRIER=1       pthread_barrier_init fails with EAGAIN
 *   FAULT_EPOLL=N         the process's N-th and later epoll_create1 fail with EMFILE (from 1)
 *   FAULT_CONNECT=N       the N-th connect to 127.0.0.1 is refused (from 1)
 *   FAULT_TIME=S          CLOCK_REALTIME stands at S seconds after 1970
 *   FAULT_CLOCK=FIFO      CLOCK_REALTIME is set forward by as many seconds as are written there, and timers
 *                         (timerfd) that want to be cancelled then are cancelled
 *   FAULT_TIMER=FILE      sd_event_add_time fails with ENOMEM while that file exists
 *   FAULT_GATE=1          SSL_set0_wbio leaves the gate out, so that it holds nothing
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int clock_fd = -1;
static atomic_llong clock_set_s;

typedef int (*getaddrinfo_type)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static int chosen_addresses(getaddrinfo_type real, const char *list, const char *service,
                            const struct addrinfo *hints, struct addrinfo **result)
{
    struct addrinfo numeric = *hints, **end = result;
    numeric.ai_flags |= AI_NUMERICHOST;
    *result = NULL;
    for (const char *at = list; *at; at += strspn(at, ",")) {
        char address[64] = "";
        size_t length = strcspn(at, ",");
        memcpy(address, at, length < sizeof address ? length : sizeof address - 1);
        at += length;
        if (real(address, service, &numeric, end) != 0)
            *end = NULL; /* of the other family */
        while (*end)
            end = &(*end)->ai_next;
    }
    return *result ? 0 : EAI_NONAME;
}

static void write_asked(const char *node)
{
    const char *path = getenv("FAULT_ASKED");
    int fd = path && node && strstr(node, "fault")
                 ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)
                 : -1;
    if (fd < 0)
        return;
    dprintf(fd, "%s\n", node);
    close(fd);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    getaddrinfo_type real = (getaddrinfo_type)dlsym(RTLD_NEXT, "getaddrinfo");
    const char *addresses = getenv("FAULT_ADDRESSES");
    write_asked(node);
    if (addresses && node && strstr(node, "fault"))
        return chosen_addresses(real, addresses, service, hints, result);
    const char *fault = getenv("FAULT_DNS");
    if (fault && node && strstr(node, "fault")) {
        if (strcmp(fault, "slow") == 0)
            sleep(3600);
        return EAI_NONAME;
    }
    return real(node, service, hints, result);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
        (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(RTLD_NEXT,
                                                                                       "pthread_create");
    static atomic_int calls;
    const char *first = getenv("FAULT_THREADS");
    if (first && atomic_fetch_add(&calls, 1) + 1 >= atoi(first))
        return EAGAIN;
    return real(thread, attributes, start, argument);
}

int pthread_barrier_init(pthread_barrier_t *barrier, const pthread_barrierattr_t *attributes, unsigned count)
{
    int (*real)(pthread_barrier_t *, const pthread_barrierattr_t *, unsigned) =
        (int (*)(pthread_barrier_t *, const pthread_barrierattr_t *, unsigned))dlsym(RTLD_NEXT,
                                                                                     "pthread_barrier_init");
    return getenv("FAULT_BARRIER") ? EAGAIN : real(barrier, attributes, count);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int (*real)(clockid_t, struct timespec *) =
        (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    const char *time = clock == CLOCK_REALTIME ? getenv("FAULT_TIME") : NULL;
    if (!time) {
        int result = real(clock, now);
        now->tv_sec += clock == CLOCK_REALTIME ? clock_set_s : 0;
        return result;
    }
    *now = (struct timespec){.tv_sec = strtoll(time, NULL, 10)};
    return 0;
}

int timerfd_create(clockid_t clock, int flags)
{
    int (*real)(clockid_t, int) = (int (*)(clockid_t, int))dlsym(RTLD_NEXT, "timerfd_create");
    const char *fifo = clock == CLOCK_REALTIME ? getenv("FAULT_CLOCK") : NULL;
    return fifo ? clock_fd = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC) : real(clock, flags);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
    int (*real)(int, int, const struct itimerspec *, struct itimerspec *) =
        (int (*)(int, int, const struct itimerspec *, struct itimerspec *))dlsym(RTLD_NEXT,
                                                                                 "timerfd_settime");
    return fd == clock_fd ? 0 : real(fd, flags, new, old);
}

ssize_t read(int fd, void *buffer, size_t size)
{
    ssize_t (*real)(int, void *, size_t) = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    char text[32] = "";
    if (fd != clock_fd)
        return real(fd, buffer, size);
    if (real(fd, text, sizeof text - 1) > 0)
        clock_set_s += strtoll(text, NULL, 10);
    errno = ECANCELED;
    return -1;
}

int epoll_create1(int flags)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "epoll_create1");
    static atomic_int calls;
    const char *first = getenv("FAULT_EPOLL");
    if (first && atomic_fetch_add(&calls, 1) + 1 >= atoi(first)) {
        errno = EMFILE;
        return -1;
    }
    return real(flags);
}

void SSL_set0_wbio(SSL *ssl, BIO *bio)
{
    void (*real)(SSL *, BIO *) = (void (*)(SSL *, BIO *))dlsym(RTLD_NEXT, "SSL_set0_wbio");
    /* libssl calls this too. It leaves out only the gate's own filter, as a libcurl that didn't use it
     * would. */
    if (bio && getenv("FAULT_GATE") && strcmp(BIO_method_name(bio), "lambda-warmd gate") == 0) {
        BIO_free_all(bio); /* both references that the caller passed */
        return;
    }
    real(ssl, bio);
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    int (*real)(int, const struct sockaddr *, socklen_t) =
        (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
    static atomic_int calls;
    const char *number = getenv("FAULT_CONNECT");
    if (number && address->sa_family == AF_INET && atomic_fetch_add(&calls, 1) + 1 == atoi(number)) {
        errno = ECONNREFUSED;
        return -1;
    }
    return real(fd, address, length);
}

/* Only the name has to be right: the arguments are passed on unchanged. */
int sd_event_add_time(void *loop, void **ret_source, clockid_t clock, uint64_t time_us, uint64_t accuracy_us,
                      void *handler, void *context);
int sd_event_add_time(void *loop, void **ret_source, clockid_t clock, uint64_t time_us, uint64_t accuracy_us,
                      void *handler, void *context)
{
    int (*real)(void *, void **, clockid_t, uint64_t, uint64_t, void *, void *) =
        (int (*)(void *, void **, clockid_t, uint64_t, uint64_t, void *, void *))dlsym(RTLD_NEXT,
                                                                                       "sd_event_add_time");
    const char *file = getenv("FAULT_TIMER");
    if (file && access(file, F_OK) == 0)
        return -ENOMEM;
    return real(loop, ret_source, clock, time_us, accuracy_us, handler, context);
}
