#include "net/route.h"

#include "net/tls.h"

int route_find_proxy(struct route *route, struct error *error)
{
    int found = proxy_find(&route->target, &route->proxy, error);
    route->by_proxy = found > 0;
    return found < 0 ? found : 0;
}

const struct target *route_peer(const struct route *route)
{
    return route->by_proxy ? &route->proxy.endpoint : &route->target;
}

/* Not by libcurl: it could not be cancelled, and would ask once for each handle. */
int route_resolve(struct route *route, const struct resolve_wish *wish, struct error *error)
{
    return resolve_target(route_peer(route), wish, &route->addresses, error);
}

int route_load_anchors(struct route *route, const char *ca_file, struct error *error)
{
    int result = 0;
    if (!tls_backend_is_openssl())
        return 0;
    if (route->by_proxy && route->proxy.endpoint.tls)
        result = tls_trust_store(NULL, &route->proxy_anchors, error);
    if (result == 0 && route->target.tls)
        result = tls_trust_store(ca_file, &route->anchors, error);
    return result;
}

void route_free(struct route *route)
{
    X509_STORE_free(route->anchors);
    X509_STORE_free(route->proxy_anchors);
    proxy_free(&route->proxy);
    target_free(&route->target);
}
