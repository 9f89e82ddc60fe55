/* The way to a URL: where it leads, through which proxy, by which addresses, and whom we trust on it. */
#ifndef WARMD_NET_ROUTE_H
#define WARMD_NET_ROUTE_H

#include "net/proxy.h"

#include <openssl/ssl.h>

/* Zero-initialised is empty; fill it from the top down, and free it with route_free. */
struct route {
    struct target target; /* by target_parse */
    bool by_proxy;
    struct proxy proxy;
    struct addresses addresses; /* the peer's */
    X509_STORE *anchors;        /* for the target; NULL: plain http, or libcurl's TLS library isn't ours */
    X509_STORE *proxy_anchors;  /* the system's, for a proxy that speaks TLS itself; else NULL */
};

/* Takes the proxy that the environment names for the target, if any. 0; -EINVAL and -ENOMEM as proxy_find. */
int route_find_proxy(struct route *route, struct error *error);
/* Resolves the peer: see resolve_target. */
int route_resolve(struct route *route, const struct resolve_wish *wish, struct error *error);
/* Loads the anchors that the route needs: CA_FILE's for the target, or the system's if it is NULL. Errors are
 * tls_trust_store's. */
int route_load_anchors(struct route *route, const char *ca_file, struct error *error);
void route_free(struct route *route);

/* Whom we connect to: the proxy, or the target itself. */
const struct target *route_peer(const struct route *route);

#endif
