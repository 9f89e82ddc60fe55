#include "volley/http1/transfer_options.h"

#include "net/tls_context.h"

#include <string.h>

enum { RECORD_MOST_BYTES = 2048 };

/* libcurl takes the end of a connection as the end of the answer, whether TLS ended properly or was cut off.
 * And after a ticket there are buffers to give back again. */
static void on_tls_message(int sent, int version, int type, const void *bytes, size_t length, SSL *ssl,
                           void *transfer_context)
{
    struct transfer *transfer = transfer_context;
    const unsigned char *message = bytes;
    (void)version, (void)ssl;
    if (!sent && type == SSL3_RT_ALERT && length == 2 && message[1] == SSL_AD_CLOSE_NOTIFY)
        transfer->closed_well = true;
    if (!sent && type == SSL3_RT_HANDSHAKE && length > 0 && message[0] == SSL3_MT_NEWSESSION_TICKET)
        transfer_note(transfer);
}

/* libcurl calls this for a proxy that speaks TLS, too, and for it first. The endpoint's own anchors are not
 * for the proxy. */
static CURLcode on_ssl_context(CURL *easy, void *context, void *transfer_context)
{
    struct transfer *transfer = transfer_context;
    const struct transfer_setup *setup = transfer->setup;
    (void)easy;
    bool of_proxy = transfer->tls_layers++ == 0 && setup->proxy_store;
    SSL_CTX_set1_cert_store(context, of_proxy ? setup->proxy_store : setup->run->store);
    if (!of_proxy) {
        SSL_CTX_set_msg_callback(context, on_tls_message);
        SSL_CTX_set_msg_callback_arg(context, transfer);
        transfer->sees_close = true;
        if (setup->ticket && !ticket_use(setup->ticket, context))
            return CURLE_OUT_OF_MEMORY;
    }
    /* Two buffers of 16 KiB per connection would be empty for most of its life. Requests are small. */
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_send_fragment(context, RECORD_MOST_BYTES);
    const struct target *peer = of_proxy ? &setup->run->proxy.endpoint : &setup->run->target;
    return tls_expect_host(SSL_CTX_get0_param(context), peer->host) == 0 ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static CURLcode set_anchors(struct transfer *transfer, CURL *easy)
{
    const struct endpoint *endpoint = transfer->setup->volley->endpoint;
    if (transfer->setup->openssl) {
        SET(CURLOPT_CAINFO, NULL);
        SET(CURLOPT_CAPATH, NULL);
        SET(CURLOPT_PROXY_CAINFO, NULL);
        SET(CURLOPT_PROXY_CAPATH, NULL);
        SET(CURLOPT_SSL_CTX_FUNCTION, on_ssl_context);
        SET(CURLOPT_SSL_CTX_DATA, transfer);
    } else if (endpoint->ca_file) {
        SET(CURLOPT_CAINFO, endpoint->ca_file);
        SET(CURLOPT_CAPATH, NULL);
    }
    return CURLE_OK;
}

CURLcode transfer_set_tls(struct transfer *transfer, CURL *easy)
{
    const struct endpoint *endpoint = transfer->setup->volley->endpoint;
    if (!transfer->setup->run->target.tls && !transfer->setup->proxy_store)
        return CURLE_OK;
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    /* libcurl keeps sessions and parsed anchors by file name only: with a store of our own, one endpoint
     * would pass with another's anchors. */
    SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    SET(CURLOPT_CA_CACHE_TIMEOUT, 0L);
    if (endpoint->client_cert) {
        SET(CURLOPT_SSLCERT, endpoint->client_cert);
        SET(CURLOPT_KEYPASSWD, ""); /* else OpenSSL asks for it on the terminal */
        SET(CURLOPT_SSLKEY, endpoint->client_key ? endpoint->client_key : endpoint->client_cert);
    }
    return set_anchors(transfer, easy);
}

CURLcode transfer_set_request(struct transfer *transfer, CURL *easy)
{
    const struct request *request = &transfer->request;
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_HTTPHEADER, transfer->headers);
    if (request->body) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDS, request->body);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
    } else if (strcmp(request->method, "HEAD") == 0)
        SET(CURLOPT_NOBODY, 1L);
    else if (strcmp(request->method, "POST") == 0 || strcmp(request->method, "PUT") == 0 ||
             strcmp(request->method, "PATCH") == 0) {
        /* These must send Content-Length: 0 (RFC 9110, 8.6). */
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        SET(CURLOPT_POSTFIELDS, "");
    }
    if (strcmp(request->method, "HEAD") != 0 || request->body)
        SET(CURLOPT_CUSTOMREQUEST, request->method);
    return CURLE_OK;
}

static bool append_header(struct transfer *transfer, const char *header)
{
    struct curl_slist *longer = curl_slist_append(transfer->headers, header);
    if (longer)
        transfer->headers = longer;
    return longer != NULL;
}

/* libcurl expects a header without a value as "Name;". */
static bool add_header(struct transfer *transfer, const char *header)
{
    const char *colon = strchr(header, ':');
    if (!colon || colon[1 + strspn(colon + 1, " \t")] != '\0')
        return append_header(transfer, header);
    CLEANUP_FREE char *empty = NULL;
    return asprintf(&empty, "%.*s;", (int)(colon - header), header) >= 0 && append_header(transfer, empty);
}

static bool has_content_type(const struct request *request)
{
    for (size_t i = 0; i < request->n_headers; i++)
        if (strncasecmp(request->headers[i], "Content-Type:", strlen("Content-Type:")) == 0)
            return true;
    return false;
}

bool transfer_add_headers(struct transfer *transfer)
{
    const struct request *request = &transfer->request;
    /* Don't wait for a 100 in the middle of a request that is already held back. */
    bool added = append_header(transfer, "Expect:");
    for (size_t i = 0; added && i < request->n_headers; i++)
        added = add_header(transfer, request->headers[i]);
    /* An empty POST is not a form. */
    if (added && request->body_length == 0 && !has_content_type(request))
        added = append_header(transfer, "Content-Type:");
    return added;
}
