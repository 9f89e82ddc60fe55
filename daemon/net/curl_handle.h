/* The one way to set a libcurl handle up: whom it trusts, how it connects, what it sends. Nothing is
 * remembered from other handles: libcurl keeps sessions and parsed anchors by file name only, and with a
 * store of our own, one endpoint would pass with another's anchors. */
#ifndef WARMD_NET_CURL_HANDLE_H
#define WARMD_NET_CURL_HANDLE_H

#include "net/route.h"

#include <curl/curl.h>

/* Sets one option; returns libcurl's code if that fails. Every setopt is checked: a missed one may be the one
 * that verifies. */
#define CURL_SET(easy, option, value)                                                                        \
    do {                                                                                                     \
        CURLcode set_ = curl_easy_setopt(easy, option, value);                                               \
        if (set_ != CURLE_OK)                                                                                \
            return set_;                                                                                     \
    } while (0)

/* What all handles of one purpose have in common; it outlives them. */
struct curl_setup {
    const struct route *route;
    enum ip_family family;
    const char *ca_file;     /* for a libcurl whose TLS library isn't ours; NULL: the system's anchors */
    const char *client_cert; /* NULL: none */
    const char *client_key;  /* NULL: it is in the certificate's file */
    uint64_t connect_us;     /* the most that connecting may take; 0: libcurl's own limit */
    /* called with the handle's context */
    curl_write_callback on_header, on_body;
    curl_xferinfo_callback on_progress;                                        /* NULL: none */
    CURLcode (*on_tls)(SSL_CTX *context, bool of_proxy, void *handle_context); /* NULL: nothing to add */
};

/* What it sends. The strings outlive the handle. */
struct curl_request {
    const char *method, *url;
    const char *const
        *headers; /* "Name: value", sent as they are, and no others but Host and Content-Length */
    size_t n_headers;
    const char *body; /* NULL: none */
    size_t body_length;
};

/* Stays where it is from curl_handle_open to curl_handle_close. Zero-initialised is closed. */
struct curl_handle {
    CURL *easy;
    const struct curl_setup *setup;
    void *context;
    struct curl_slist *headers, *resolve;
    unsigned tls_layers; /* handshakes begun: the proxy's own, then the target's */
    char error_text[CURL_ERROR_SIZE];
};

/* Makes the handle, with CONTEXT as its CURLINFO_PRIVATE. It tries the route's addresses in their order, from
 * number FIRST_ADDRESS (modulo their count) on. Call curl_handle_close in any case. */
CURLcode curl_handle_open(struct curl_handle *handle, const struct curl_setup *setup,
                          const struct curl_request *request, size_t first_address, void *context);
/* Only after it has left its multi handle. Wipes the headers. */
void curl_handle_close(struct curl_handle *handle);

/* Is it still talking to the proxy, as long as it is connecting? */
bool curl_handle_is_at_proxy(const struct curl_handle *handle);
/* Its connection's SSL, of the last layer; NULL: there is none, or libcurl's TLS library isn't ours. */
SSL *curl_handle_ssl(const struct curl_handle *handle);
/* libcurl's words for its failure with CODE. They may quote the server. */
const char *curl_handle_words(const struct curl_handle *handle, CURLcode code);
/* The errno of its last failure; 0: none. */
int curl_handle_errno(const struct curl_handle *handle);

#endif
