/* One execution of a volley: what it goes by, whichever engine carries it out. */
#ifndef WARMD_VOLLEY_RUN_H
#define WARMD_VOLLEY_RUN_H

#include "net/route.h"
#include "volley/message.h"
#include "volley/volley.h"

struct run {
    struct volley *volley;
    struct message_setup message;
    struct route route;
    uint64_t start_us;
    uint64_t ready_by_us; /* CLOCK_MONOTONIC: what isn't ready by then has failed */
};

#endif
