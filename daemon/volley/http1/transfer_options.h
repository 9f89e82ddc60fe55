/* What we tell libcurl about one request: TLS, method, headers, body. */
#ifndef WARMD_VOLLEY_HTTP1_TRANSFER_OPTIONS_H
#define WARMD_VOLLEY_HTTP1_TRANSFER_OPTIONS_H

#include "volley/http1/transfer.h"

/* Sets one option; returns libcurl's code if that fails. Every setopt is checked: a missed one may be the one
 * that verifies. */
#define SET(option, value)                                                                                   \
    do {                                                                                                     \
        CURLcode set_ = curl_easy_setopt(easy, option, value);                                               \
        if (set_ != CURLE_OK)                                                                                \
            return set_;                                                                                     \
    } while (0)

/* Anchors, client certificate, nothing remembered from other connections. */
CURLcode transfer_set_tls(struct transfer *transfer, CURL *easy);
/* Sets the rendered request, whose strings must outlive EASY, and its list of headers. */
CURLcode transfer_set_request(struct transfer *transfer, CURL *easy);
/* Makes that list. False: out of memory. */
bool transfer_add_headers(struct transfer *transfer);

#endif
