#include "base/clock.h"
#include "base/patience.h"
#include "base/require.h"
#include "volley/http1/shard.h"
#include "volley/release.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* Sends what the sockets take now, and fills WAITING with those that have bytes left. Returns their
 * number. */
static size_t send_more(struct shard *shard, struct pollfd *waiting)
{
    size_t n = 0;
    for (size_t i = 0; i < shard->n; i++) {
        struct transfer *transfer = &shard->transfers[i];
        if (transfer->state != TRANSFER_ARMED)
            continue;
        int result = gate_send_ahead(&transfer->gate);
        if (result < 0)
            shard_turn(shard, 0); /* perhaps it has been answered already */
        if (result < 0 && transfer->state == TRANSFER_ARMED)
            shard_fail(shard, transfer, cause_of_errno(-result, STAGE_SEND), strerror(-result));
        if (result == 0)
            waiting[n++] = (struct pollfd){.fd = transfer->gate.fd, .events = POLLIN | POLLOUT};
    }
    return n;
}

static void fail_waiting(struct shard *shard, enum cause cause)
{
    for (size_t i = 0; i < shard->n; i++) {
        struct transfer *transfer = &shard->transfers[i];
        if (transfer->state == TRANSFER_ARMED && !gate_is_ahead(&transfer->gate))
            shard_fail(shard, transfer, cause, NULL);
    }
}

/* Bodies larger than a socket's buffer have to wait for room. We wait on all at once, so that a peer that
 * doesn't read takes no time from the others. */
void shard_send_ahead(struct shard *shard, uint64_t deadline_us)
{
    CLEANUP_FREE struct pollfd *waiting = calloc(shard->n + 1, sizeof *waiting);
    if (!waiting) {
        fail_waiting(shard, CAUSE_MEMORY);
        return;
    }
    for (size_t n; (n = send_more(shard, waiting)) > 0;) {
        if (shard_is_cancelled(shard) || clock_monotonic_us() >= deadline_us) {
            fail_waiting(shard, shard_is_cancelled(shard) ? CAUSE_STOPPED : cause_of_timeout(STAGE_SEND));
            return;
        }
        waiting[n] = (struct pollfd){.fd = shard->setup->run->volley->cancel_fd, .events = POLLIN};
        poll(waiting, n + 1, patience_ms(deadline_us));
        shard_turn(shard, 0);
    }
}

void shard_read_on(struct shard *shard, uint64_t until_us)
{
    while (shard->done < shard->n && !shard_is_cancelled(shard) && clock_monotonic_us() < until_us)
        shard_turn(shard, until_us);
}

static int compare_delays(const void *a, const void *b)
{
    const struct transfer *x = *(struct transfer *const *)a, *y = *(struct transfer *const *)b;
    return (x->path.delay_us > y->path.delay_us) - (x->path.delay_us < y->path.delay_us);
}

static void release_one(struct transfer *transfer)
{
    uint64_t now_ns = clock_monotonic_ns();
    int result = gate_release(&transfer->gate);
    if (result < 0) { /* shard_collect gives it its outcome */
        transfer->cause = cause_of_errno(-result, STAGE_SEND);
        return;
    }
    transfer->sample->release_ns = now_ns;
    transfer->sample->delay_us = transfer->path.delay_us;
    transfer->state = TRANSFER_RELEASED;
}

void shard_release(struct shard *shard, uint64_t at_us)
{
    CLEANUP_FREE struct transfer **order = calloc(shard->n + 1, sizeof(struct transfer *));
    size_t n = 0;
    bool delayed = false, wanted = order && !shard_is_cancelled(shard);
    for (size_t i = 0; wanted && i < shard->n; i++)
        if (shard->transfers[i].state == TRANSFER_ARMED) {
            REQUIRE(gate_is_ahead(&shard->transfers[i].gate));
            delayed |= shard->transfers[i].path.delay_us != 0;
            order[n++] = &shard->transfers[i];
        }
    if (delayed)
        qsort(order, n, sizeof(struct transfer *), compare_delays);
    release_wait(at_us);
    for (size_t i = 0; i < n && !shard_is_cancelled(shard); i++) {
        if (order[i]->path.delay_us)
            release_wait(at_us + order[i]->path.delay_us);
        release_one(order[i]);
    }
}

/* Why a last byte was not sent: its connection failed, or there was no time or memory for any. */
static enum cause unreleased_cause(const struct shard *shard, const struct transfer *transfer)
{
    if (transfer->cause != CAUSE_NONE)
        return transfer->cause;
    return shard_is_cancelled(shard) ? CAUSE_STOPPED : CAUSE_MEMORY;
}

static void open_gates(struct shard *shard)
{
    for (size_t i = 0; i < shard->n; i++) {
        struct transfer *transfer = &shard->transfers[i];
        if (transfer->state == TRANSFER_ARMED)
            shard_fail(shard, transfer, unreleased_cause(shard, transfer),
                       transfer->cause == CAUSE_CLOSED ? "the connection was closed before the release"
                                                       : NULL);
        else if (transfer->state == TRANSFER_RELEASED)
            gate_open(&transfer->gate);
    }
}

void shard_collect(struct shard *shard, uint64_t deadline_us)
{
    open_gates(shard);
    shard_read_on(shard, deadline_us);
    enum cause cause = shard_is_cancelled(shard) ? CAUSE_STOPPED : cause_of_timeout(STAGE_ANSWER);
    for (size_t i = 0; i < shard->n; i++)
        if (shard->transfers[i].state != TRANSFER_DONE)
            shard_fail(shard, &shard->transfers[i], cause, NULL);
}
