/* The proxy that the environment names for a URL, by libcurl's rules. Known here, so that its name is
 * resolved as any other is: in time, once a round, and so that it can be given up. */
#ifndef WARMD_NET_PROXY_H
#define WARMD_NET_PROXY_H

#include "net/resolve.h"

struct proxy {
    const char *variable;   /* that names it, without its $ */
    char *url;              /* its value, which may hold a password */
    struct target endpoint; /* where it listens; tls: it speaks TLS itself (https://) */
    bool is_socks;
};

/* The variable that names a proxy for such URLs: https_proxy, HTTPS_PROXY, http_proxy, then all_proxy,
 * ALL_PROXY. NULL where none is set. */
const char *proxy_variable(bool tls);

/* Is HOST (without brackets) excepted by LIST (no_proxy: names with their subdomains, addresses, networks, or
 * "*")? */
bool proxy_excepts(const char *list, const char *host);

/* 1: RET_PROXY is filled, free it with proxy_free. 0: none for TARGET. -EINVAL: it can't be used, as ERROR
 * says without its value. -ENOMEM. */
int proxy_find(const struct target *target, struct proxy *ret_proxy, struct error *error);
void proxy_free(struct proxy *proxy); /* takes a zero-initialised one */

#endif
