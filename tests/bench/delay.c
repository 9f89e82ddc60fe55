/* A network with delay and jitter between two network namespaces, for kernels without netem: a TUN device in
 * each, and this program between them, which passes every packet on after a base time plus or minus a uniform
 * random one. The order within a flow and a direction is kept, as a real path does; flows overtake each
 * other. usage: delay NAMESPACE-A NAMESPACE-B DEVICE BASE-US JITTER-US SEED LIFETIME-S Says "ready" when both
 * devices are there; they vanish with this program. Needs root. Ends by itself after LIFETIME-S, or on
 * SIGTERM, and then says what it has done. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    EXIT_USAGE = 64,
    EXIT_UNAVAILABLE = 69,
    PACKET_BYTES = 1600, /* the devices' MTU is 1500 */
    PACKETS_MAX = 32768,
    PORTS = 65536,
    PRIORITY = 10,
    READ_BATCH = 16, /* packets taken before what is due is looked at again */
    SPIN_NS = 60000, /* a sleep ends late by up to 50 µs */
    IP_PROTOCOL = 9, /* place in the header */
    IP_HEADER_BYTES = 20,
};

struct packet {
    struct packet *next; /* of the unused ones */
    uint64_t due_ns;
    uint64_t number; /* keeps the order of those that are due together */
    int to;          /* 0: A, 1: B */
    size_t length;
    unsigned char bytes[PACKET_BYTES];
};

static struct {
    int fd[2];
    uint64_t base_ns, jitter_ns, random, number;
    struct packet *heap[PACKETS_MAX]; /* by due_ns */
    size_t n;
    struct packet *unused;
    uint64_t last_due_ns[2][PORTS]; /* by direction and A's port: there is one server port in B */
    uint64_t passed, dropped, late_ns_max;
} lab;

static volatile sig_atomic_t ended;

static void end(int number)
{
    (void)number;
    ended = 1;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* SplitMix64 */
static uint64_t draw(void)
{
    uint64_t mixed = lab.random += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

/* A's port of a TCP packet; 0 for all else, which is then one flow. */
static unsigned port_of(const struct packet *packet)
{
    const unsigned char *ip = packet->bytes;
    size_t header = (size_t)(ip[0] & 15) * 4;
    if (ip[0] >> 4 != 4 || packet->length < IP_HEADER_BYTES || ip[IP_PROTOCOL] != IPPROTO_TCP ||
        packet->length < header + 4)
        return 0;
    const unsigned char *port = ip + header + (packet->to == 0 ? 2 : 0);
    return (unsigned)port[0] << 8 | port[1];
}

static bool is_before(const struct packet *a, const struct packet *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->number < b->number;
}

static void push(struct packet *packet)
{
    size_t at = lab.n++;
    for (; at > 0 && is_before(packet, lab.heap[(at - 1) / 2]); at = (at - 1) / 2)
        lab.heap[at] = lab.heap[(at - 1) / 2];
    lab.heap[at] = packet;
}

static struct packet *pop(void)
{
    struct packet *top = lab.heap[0], *moved = lab.heap[--lab.n];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < lab.n; at = child) {
        if (child + 1 < lab.n && is_before(lab.heap[child + 1], lab.heap[child]))
            child++;
        if (is_before(moved, lab.heap[child]))
            break;
        lab.heap[at] = lab.heap[child];
    }
    lab.heap[at] = moved;
    return top;
}

static void schedule(struct packet *packet)
{
    uint64_t *last_ns = &lab.last_due_ns[packet->to][port_of(packet)];
    uint64_t jitter_ns = lab.jitter_ns ? draw() % (2 * lab.jitter_ns + 1) : 0;
    packet->due_ns = now_ns() + lab.base_ns + jitter_ns - lab.jitter_ns;
    if (packet->due_ns < *last_ns)
        packet->due_ns = *last_ns;
    *last_ns = packet->due_ns;
    packet->number = lab.number++;
    push(packet);
}

/* Takes what has come to one side. */
static void take(int from)
{
    for (int i = 0; i < READ_BATCH && lab.unused; i++) {
        struct packet *packet = lab.unused;
        ssize_t length = read(lab.fd[from], packet->bytes, sizeof packet->bytes);
        if (length <= 0)
            return;
        lab.unused = packet->next;
        packet->length = (size_t)length;
        packet->to = !from;
        schedule(packet);
    }
}

static void recycle(struct packet *packet)
{
    packet->next = lab.unused;
    lab.unused = packet;
}

static void deliver(void)
{
    for (uint64_t now; lab.n && lab.heap[0]->due_ns <= (now = now_ns());) {
        struct packet *packet = pop();
        uint64_t late_ns = now - packet->due_ns;
        lab.late_ns_max = late_ns > lab.late_ns_max ? late_ns : lab.late_ns_max;
        bool passed = write(lab.fd[packet->to], packet->bytes, packet->length) == (ssize_t)packet->length;
        lab.passed += passed;
        lab.dropped += !passed;
        recycle(packet);
    }
}

/* Until a packet comes or the first one is due; the last microseconds are spun. */
static void wait_for_next(void)
{
    struct pollfd fds[2] = {{.fd = lab.fd[0], .events = POLLIN}, {.fd = lab.fd[1], .events = POLLIN}};
    if (!lab.unused)
        fds[0].events = fds[1].events = 0;
    struct timespec timeout = {0};
    uint64_t now = now_ns(), due_ns = lab.n ? lab.heap[0]->due_ns : now + 1000000000U;
    if (due_ns > now + SPIN_NS) {
        uint64_t left_ns = due_ns - now - SPIN_NS;
        timeout = (struct timespec){.tv_sec = (time_t)(left_ns / 1000000000U),
                                    .tv_nsec = (long)(left_ns % 1000000000U)};
    }
    ppoll(fds, 2, &timeout, NULL);
}

static void forward(uint64_t end_ns)
{
    while (!ended && now_ns() < end_ns) {
        wait_for_next();
        take(0);
        deliver();
        take(1);
        deliver();
    }
    printf("passed %llu, dropped %llu, latest %.0f us\n", (unsigned long long)lab.passed,
           (unsigned long long)lab.dropped, (double)lab.late_ns_max / 1000);
}

/* A TUN device in a namespace made by `ip netns`: a descriptor works across namespaces. -1: failed, told. */
static int make_device(const char *namespace, const char *name)
{
    char path[256];
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    snprintf(path, sizeof path, "/var/run/netns/%s", namespace);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    int namespace_fd = open(path, O_RDONLY | O_CLOEXEC);
    int fd = -1;
    if (namespace_fd >= 0 && setns(namespace_fd, CLONE_NEWNET) == 0)
        fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && ioctl(fd, TUNSETIFF, &request) < 0) {
        close(fd);
        fd = -1;
    }
    if (fd < 0)
        fprintf(stderr, "delay: cannot make %s in %s: %s\n", name, namespace, strerror(errno));
    if (namespace_fd >= 0)
        close(namespace_fd);
    return fd;
}

static bool prepare(void)
{
    struct packet *packets = calloc(PACKETS_MAX, sizeof *packets);
    struct sched_param priority = {.sched_priority = PRIORITY};
    for (size_t i = 0; packets && i < PACKETS_MAX; i++)
        recycle(&packets[i]);
    signal(SIGTERM, end);
    signal(SIGINT, end);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    /* Without it packets are late more often, no more than that. */
    if (sched_setscheduler(0, SCHED_FIFO, &priority) < 0)
        prctl(PR_SET_TIMERSLACK, 1UL);
    return packets != NULL;
}

int main(int argc, char **argv)
{
    if (argc != 8)
        return EXIT_USAGE;
    lab.base_ns = strtoull(argv[4], NULL, 10) * 1000;
    lab.jitter_ns = strtoull(argv[5], NULL, 10) * 1000;
    lab.random = strtoull(argv[6], NULL, 10);
    if (lab.jitter_ns > lab.base_ns)
        return EXIT_USAGE;
    lab.fd[0] = make_device(argv[1], argv[3]);
    lab.fd[1] = make_device(argv[2], argv[3]);
    if (lab.fd[0] < 0 || lab.fd[1] < 0 || !prepare())
        return EXIT_UNAVAILABLE;
    puts("ready");
    fflush(stdout);
    forward(now_ns() + strtoull(argv[7], NULL, 10) * 1000000000U);
    return 0;
}
