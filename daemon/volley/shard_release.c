#include "base/clock.h"
#include "volley/release.h"
#include "volley/shard.h"

#include <errno.h>
#include <linux/tcp.h> /* tcpi_min_rtt, which netinet/tcp.h doesn't know */
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

static uint64_t measure_path(struct transfer *transfer)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    if (getsockopt(transfer->gate.fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
        return 0;
    transfer->path =
        (struct path){.least_round_trip_us = info.tcpi_min_rtt, .variation_us = info.tcpi_rttvar};
    return info.tcpi_rtt;
}

/* Sends ahead, waiting for room where a body is larger than the socket's buffer. */
static int send_ahead(struct gate *gate, uint64_t deadline_us)
{
    for (;;) {
        int result = gate_send_ahead(gate);
        uint64_t now_us = clock_monotonic_us();
        if (result != 0)
            return result;
        if (now_us >= deadline_us)
            return -ETIMEDOUT;
        struct pollfd room = {.fd = gate->fd, .events = POLLOUT};
        poll(&room, 1, (int)((deadline_us - now_us) / US_PER_MS + 1));
    }
}

uint64_t shard_send_ahead(struct shard *shard, uint64_t deadline_us)
{
    uint64_t longest_us = 0;
    for (size_t i = 0; i < shard->n; i++) {
        struct transfer *transfer = &shard->transfers[i];
        if (transfer->state != TRANSFER_ARMED)
            continue;
        int result = send_ahead(&transfer->gate, deadline_us);
        if (result < 0) {
            shard_fail(shard, transfer, result == -ETIMEDOUT ? CAUSE_SEND_TIMEOUT : CAUSE_RESET,
                       strerror(-result));
            continue;
        }
        uint64_t round_trip_us = measure_path(transfer);
        longest_us = round_trip_us > longest_us ? round_trip_us : longest_us;
    }
    return longest_us;
}

static int compare_delays(const void *a, const void *b)
{
    const struct transfer *x = *(struct transfer *const *)a, *y = *(struct transfer *const *)b;
    return (x->path.delay_us > y->path.delay_us) - (x->path.delay_us < y->path.delay_us);
}

static void release_one(struct transfer *transfer)
{
    uint64_t now_ns = clock_monotonic_ns();
    if (gate_release(&transfer->gate) < 0)
        return; /* shard_collect says why */
    transfer->sample->release_ns = now_ns;
    transfer->sample->delay_us = transfer->path.delay_us;
    transfer->state = TRANSFER_RELEASED;
}

void shard_release(struct shard *shard, uint64_t at_us)
{
    CLEANUP_FREE struct transfer **order = calloc(shard->n + 1, sizeof(struct transfer *));
    size_t n = 0;
    bool delayed = false;
    for (size_t i = 0; order && i < shard->n; i++)
        if (shard->transfers[i].state == TRANSFER_ARMED) {
            delayed |= shard->transfers[i].path.delay_us != 0;
            order[n++] = &shard->transfers[i];
        }
    if (delayed)
        qsort(order, n, sizeof(struct transfer *), compare_delays);
    release_wait(at_us);
    for (size_t i = 0; i < n; i++) {
        if (order[i]->path.delay_us)
            release_wait(at_us + order[i]->path.delay_us);
        release_one(order[i]);
    }
}
