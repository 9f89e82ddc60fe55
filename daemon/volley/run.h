/* One execution of a volley: what its steps share. */
#ifndef WARMD_VOLLEY_RUN_H
#define WARMD_VOLLEY_RUN_H

#include "net/proxy.h"
#include "volley/http1/transfer.h"

struct run {
    struct volley *volley;
    struct message_setup message;
    struct target target;
    struct addresses addresses; /* the target's, or its proxy's */
    bool by_proxy;
    struct proxy proxy;
    struct transfer_setup setup;
    struct ticket ticket;
    uint64_t start_us;
    uint64_t ready_by_us; /* CLOCK_MONOTONIC: what isn't ready by then has failed */
};

#endif
