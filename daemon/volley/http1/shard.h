/* A shard: the part of a volley that one thread drives through its own curl multi and epoll. */
#ifndef WARMD_VOLLEY_HTTP1_SHARD_H
#define WARMD_VOLLEY_HTTP1_SHARD_H

#include "volley/http1/transfer.h"

struct shard {
    const struct transfer_setup *setup;
    CURLM *multi;
    int epoll_fd;
    uint64_t timer_due_us; /* libcurl's timer, CLOCK_MONOTONIC; UINT64_MAX: none */
    struct transfer *transfers;
    size_t n;
    uint64_t arm_began_us;
    size_t begun;          /* handed to libcurl, or failed before that */
    size_t settled;        /* armed or done */
    size_t settled_before; /* when more could last begin */
    bool heard;            /* something has come from a socket since */
    size_t done;
    uint64_t next_begin_us; /* while many are connecting, begin no more of them before this */
    struct transfer *noted; /* those that need a look after libcurl's turn */
};

/* Takes N samples of the volley, which outlives the shard. -errno, -ENOMEM. */
int shard_init(struct shard *shard, const struct transfer_setup *setup, struct sample *samples, size_t n);
/* Leaves an empty shard whose steps do nothing. */
void shard_free(struct shard *shard);

/* Gets every transfer ready: on return each is armed, or done with its cause. Ends at DEADLINE_US
 * (CLOCK_MONOTONIC) or when the volley is cancelled. */
void shard_arm(struct shard *shard, uint64_t deadline_us);
/* Sends everything but the last bytes, waiting for room until DEADLINE_US (CLOCK_MONOTONIC). */
void shard_send_ahead(struct shard *shard, uint64_t deadline_us);
/* Lets libcurl read what arrives until UNTIL_US (CLOCK_MONOTONIC), all transfers are done, or the volley is
 * cancelled. Before the release, it leaves no TLS messages for later, and what is answered now, before it is
 * complete, is done. */
void shard_read_on(struct shard *shard, uint64_t until_us);
/* Sends the last byte of every armed transfer in one tight loop from AT_US (CLOCK_MONOTONIC) on, stamping
 * each. Those whose path has a delay wait for it. */
void shard_release(struct shard *shard, uint64_t at_us);
/* Collects answers until all are in, DEADLINE_US or a cancel: on return each transfer is done. */
void shard_collect(struct shard *shard, uint64_t deadline_us);

/* One turn: waits for sockets, libcurl's timer or UNTIL_US (0: not at all), and lets libcurl act. */
void shard_turn(struct shard *shard, uint64_t until_us);
bool shard_is_cancelled(const struct shard *shard);
/* Ends a transfer that can't go on: see transfer_fail. */
void shard_fail(struct shard *shard, struct transfer *transfer, enum cause cause, const char *detail);

#endif
