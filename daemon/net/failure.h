/* What libcurl and OpenSSL say about a failure, as causes. What an errno means is record/cause's. */
#ifndef WARMD_NET_FAILURE_H
#define WARMD_NET_FAILURE_H

#include "base/error.h"
#include "record/cause.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <stdbool.h>

/* How a libcurl transfer has failed. */
struct failure {
    CURLcode code;
    enum request_stage stage; /* what it was busy with */
    bool at_proxy;            /* and still with the proxy, not with the endpoint behind it */
    int system_error;         /* errno that libcurl or a callback saw, 0: none */
    long verify_result;       /* X509_V_…: 0 with a failed verification means that the name did not match */
    const char *text;         /* libcurl's own message, may be empty */
};

enum cause failure_cause(const struct failure *failure);

/* Why the handshake of SSL, or what followed it, failed: the certificate, its name, or something else. TEXT
 * gets one line. */
enum cause failure_of_tls(const SSL *ssl, struct error *text);

#endif
