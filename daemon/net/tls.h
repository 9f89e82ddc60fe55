/* Trust anchors, parsed once, and the contexts of our own TLS clients, made once. libcurl parses the system's
 * bundle for every connection: about 50 ms of CPU and 1 MB each time. A context takes OpenSSL a quarter of a
 * millisecond, a tenth of what a volley of one request takes. */
#ifndef WARMD_NET_TLS_H
#define WARMD_NET_TLS_H

#include "base/error.h"
#include "plan/plan.h"

#include <openssl/ssl.h>
#include <stdbool.h>

/* The store of CA_FILE's anchors, or of the system's if it is NULL, with a reference that the caller drops
 * with X509_STORE_free. Kept for later calls until the file changes. Thread-safe. -ENOENT and others: the
 * file can't be read or holds no certificate, as ERROR says. */
int tls_trust_store(const char *ca_file, X509_STORE **ret_store, struct error *error);

/* The context for connections of ENDPOINT that verify against STORE, with a reference that the caller drops
 * with SSL_CTX_free. Shared by all whose anchors are the same and who show no client certificate: it keeps
 * nothing of a connection, no session either. Thread-safe. Errors are tls_context_new's. */
int tls_context(const struct endpoint *endpoint, X509_STORE *store, SSL_CTX **ret_context,
                struct error *error);

/* "libcurl/7.88.1 OpenSSL/3.0.19 …", the versions loaded now; the caller doesn't free it. */
const char *tls_library_versions(void);

/* Is libcurl built on the OpenSSL that this program is linked with? If not, its SSL objects must not be
 * touched. */
bool tls_backend_is_openssl(void);

#endif
