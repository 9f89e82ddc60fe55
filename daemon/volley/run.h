/* One execution of a volley: what it goes by, whichever engine carries it out. */
#ifndef WARMD_VOLLEY_RUN_H
#define WARMD_VOLLEY_RUN_H

#include "net/proxy.h"
#include "volley/message.h"
#include "volley/volley.h"

#include <openssl/ssl.h>

struct run {
    struct volley *volley;
    struct message_setup message;
    struct target target;
    bool by_proxy;
    struct proxy proxy;
    struct addresses addresses; /* the target's, or its proxy's */
    X509_STORE *store;          /* the target's anchors; NULL: plain http, or libcurl's TLS isn't OpenSSL */
    uint64_t start_us;
    uint64_t ready_by_us; /* CLOCK_MONOTONIC: what isn't ready by then has failed */
};

/* Whom we connect to. */
static inline const struct target *run_peer(const struct run *run)
{
    return run->by_proxy ? &run->proxy.endpoint : &run->target;
}

#endif
