/* The proxy that the environment names for a URL, by libcurl's rules. We find it ourselves so that its name
 * is resolved like any other: within the deadline, once a round, and cancellable. */
#ifndef WARMD_NET_PROXY_H
#define WARMD_NET_PROXY_H

#include "net/resolve.h"

struct proxy {
    const char *variable;   /* the variable that names it, without $ */
    char *url;              /* its value, which may hold a password */
    struct target endpoint; /* where it listens; tls: the proxy itself speaks TLS (https://) */
};

/* The variable that names a proxy for such URLs: https_proxy, HTTPS_PROXY (TLS) or http_proxy (plain), then
 * all_proxy, ALL_PROXY. NULL if none is set. */
const char *proxy_variable(bool tls);

/* Does LIST except HOST (without brackets)? LIST is no_proxy: names with their subdomains, addresses,
 * networks, or "*". */
bool proxy_excepts(const char *list, const char *host);

/* 1: RET_PROXY is filled; free it with proxy_free. 0: no proxy for TARGET. -EINVAL: the proxy can't be used;
 * ERROR says why, without its value. -ENOMEM. */
int proxy_find(const struct target *target, struct proxy *ret_proxy, struct error *error);
void proxy_free(struct proxy *proxy); /* accepts a zero-initialised one */

#endif
