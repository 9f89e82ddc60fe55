/* One name resolution for a whole round: libcurl would ask once for each of its N handles. */
#ifndef WARMD_NET_RESOLVE_H
#define WARMD_NET_RESOLVE_H

#include "base/error.h"
#include "plan/plan.h"

#include <stdbool.h>

enum { RESOLVE_ADDRESSES_MAX = 32, RESOLVE_ADDRESS_TEXT = 48 };

struct addresses {
    size_t n;
    char text[RESOLVE_ADDRESSES_MAX]
             [RESOLVE_ADDRESS_TEXT]; /* numeric, without brackets, in the resolver's order */
};

/* Is HOST, which has no brackets, an address in numbers? */
bool host_is_address(const char *host);

/* Where a URL leads. Strings are owned; free with target_free. */
struct target {
    char *host; /* without brackets, and without the dot of an absolute name */
    unsigned port;
    bool tls;
    bool is_address;  /* the host is numeric: nothing to resolve */
    bool is_absolute; /* its name ended with a dot: the resolver tries no search domains */
};

/* -EINVAL: not a usable http or https URL, as ERROR says. */
int target_parse(const char *url, struct target *ret_target, struct error *error);
/* Copies HOST without its brackets, and checks whether it is an address. -ENOMEM. */
int target_set_host(struct target *target, const char *host);
void target_free(struct target *target);
#define CLEANUP_TARGET __attribute__((cleanup(target_free)))

/* What is asked of the resolver, and for how long. */
struct resolve_wish {
    enum ip_family family;
    uint64_t until_us; /* CLOCK_MONOTONIC */
    int cancel_fd;     /* readable: give up; -1: none */
};

/* The addresses of TARGET's host, without duplicates; those of a number are itself. Callers with the same
 * question wait for the same answer, so a resolver that doesn't answer costs a few threads, not one a round.
 * -ENOENT: the resolver found nothing, as ERROR says. -ETIMEDOUT: no answer in time (the resolver's thread
 * ends later by itself). -ECANCELED. -EAGAIN: no thread could be started. -EMFILE, -ENFILE, -ENOMEM. */
int resolve_target(const struct target *target, const struct resolve_wish *wish,
                   struct addresses *ret_addresses, struct error *error);

#endif
