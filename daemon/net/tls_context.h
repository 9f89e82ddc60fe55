/* Our own TLS client, for connections that libcurl doesn't make. It verifies as libcurl's does. */
#ifndef WARMD_NET_TLS_CONTEXT_H
#define WARMD_NET_TLS_CONTEXT_H

#include "base/error.h"
#include "plan/plan.h"

#include <openssl/ssl.h>

/* A context for ENDPOINT that verifies against STORE (and takes a reference to it), presents the client
 * certificate, and offers HTTP/2, then HTTP/1.1, by ALPN. -EINVAL: the client certificate or its key can't be
 * used, as ERROR says. */
int tls_context_new(const struct endpoint *endpoint, X509_STORE *store, SSL_CTX **ret_context,
                    struct error *error);

/* A client for HOST (a name or a numeric address) over memory BIOs, before its handshake. NULL: out of
 * memory. */
SSL *tls_client_new(SSL_CTX *context, const char *host);

/* Makes PARAMETERS accept certificates for HOST (a name or a numeric address) only, by subjectAltName: a
 * common name doesn't name a host (RFC 9525). In other programs libcurl checks both. -ENOMEM. */
int tls_expect_host(X509_VERIFY_PARAM *parameters, const char *host);

#endif
