/* A TLS client of our own, for connections that libcurl doesn't make: verified in the same way as its. */
#ifndef WARMD_NET_TLS_CONTEXT_H
#define WARMD_NET_TLS_CONTEXT_H

#include "base/error.h"
#include "plan/plan.h"
#include "record/sample.h"

#include <openssl/ssl.h>

/* A context for ENDPOINT that verifies against STORE (which is referenced), shows its client certificate, and
 * offers HTTP/2 and then HTTP/1.1 by ALPN. -EINVAL: the client certificate or its key can't be used, as ERROR
 * says. */
int tls_context_new(const struct endpoint *endpoint, X509_STORE *store, SSL_CTX **ret_context,
                    struct error *error);

/* A client for HOST (a name or a numeric address) over memory BIOs, whose handshake has not begun. NULL: no
 * memory. */
SSL *tls_client_new(SSL_CTX *context, const char *host);

/* Lets PARAMETERS accept certificates for HOST (a name or a numeric address) only, by their subjectAltName: a
 * common name is no host's (RFC 9525). The libcurl of others looks at both. -ENOMEM. */
int tls_expect_host(X509_VERIFY_PARAM *parameters, const char *host);

/* Why SSL's handshake failed: a certificate, its name, or anything else. TEXT gets one line. */
enum cause tls_failure(const SSL *ssl, struct error *text);

#endif
