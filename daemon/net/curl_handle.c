#include "net/curl_handle.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "net/tls_context.h"

#include <string.h>
#include <strings.h>

/* The route's addresses for libcurl, beginning with number FIRST: a list of one "host:port:address,…". It
 * needs none for a peer that is a number. */
static bool list_addresses(struct curl_handle *handle, size_t first)
{
    const struct target *peer = route_peer(handle->setup->route);
    const struct addresses *addresses = &handle->setup->route->addresses;
    struct text entry = {0};
    if (peer->is_address || addresses->n == 0)
        return true;
    text_format(&entry, "%s:%u:", peer->host, peer->port);
    for (size_t i = 0; i < addresses->n; i++) {
        const char *address = addresses->text[(first + i) % addresses->n];
        bool v6 = strchr(address, ':') != NULL;
        text_format(&entry, "%s%s%s%s", i ? "," : "", v6 ? "[" : "", address, v6 ? "]" : "");
    }
    CLEANUP_FREE char *text = text_take(&entry);
    handle->resolve = text ? curl_slist_append(NULL, text) : NULL;
    return handle->resolve != NULL;
}

static bool append(struct curl_handle *handle, const char *header)
{
    struct curl_slist *longer = curl_slist_append(handle->headers, header);
    if (longer)
        handle->headers = longer;
    return longer != NULL;
}

/* libcurl expects a header without a value as "Name;". */
static bool add_header(struct curl_handle *handle, const char *header)
{
    const char *colon = strchr(header, ':');
    if (!colon || colon[1 + strspn(colon + 1, " \t")] != '\0')
        return append(handle, header);
    CLEANUP_FREE char *empty = NULL;
    return asprintf(&empty, "%.*s;", (int)(colon - header), header) >= 0 && append(handle, empty);
}

/* Nothing waits for a 100 in the middle of a request, and what has no type is not a form. */
static bool add_headers(struct curl_handle *handle, const struct curl_request *request)
{
    bool typed = false, added = append(handle, "Expect:");
    for (size_t i = 0; added && i < request->n_headers; i++) {
        typed |= strncasecmp(request->headers[i], "Content-Type:", strlen("Content-Type:")) == 0;
        added = add_header(handle, request->headers[i]);
    }
    return added && (typed || append(handle, "Content-Type:"));
}

/* Some methods must send Content-Length: 0 for no body (RFC 9110, 8.6). */
static bool expects_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
}

static CURLcode set_request(CURL *easy, const struct curl_request *request)
{
    bool has_body = request->body || expects_body(request->method);
    CURL_SET(easy, CURLOPT_URL, request->url);
    CURL_SET(easy, CURLOPT_PATH_AS_IS, 1L);
    CURL_SET(easy, CURLOPT_USERAGENT, "lambda-warmd/" WARMD_VERSION);
    if (has_body) {
        CURL_SET(easy, CURLOPT_POST, 1L);
        CURL_SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(request->body ? request->body_length : 0));
        CURL_SET(easy, CURLOPT_POSTFIELDS, request->body ? request->body : "");
    }
    if (!has_body && strcmp(request->method, "HEAD") == 0)
        CURL_SET(easy, CURLOPT_NOBODY, 1L);
    else
        CURL_SET(easy, CURLOPT_CUSTOMREQUEST, request->method);
    return CURLE_OK;
}

static CURLcode set_connection(CURL *easy, const struct curl_setup *setup)
{
    static const long families[] = {[IP_FAMILY_ANY] = CURL_IPRESOLVE_WHATEVER,
                                    [IP_FAMILY_4] = CURL_IPRESOLVE_V4,
                                    [IP_FAMILY_6] = CURL_IPRESOLVE_V6};
    CURL_SET(easy, CURLOPT_NOSIGNAL, 1L);
    CURL_SET(easy, CURLOPT_QUICK_EXIT, 1L); /* if libcurl has to resolve (SOCKS), giving up doesn't wait */
    CURL_SET(easy, CURLOPT_PROXY, setup->route->by_proxy ? setup->route->proxy.url : "");
    CURL_SET(easy, CURLOPT_NOPROXY, ""); /* decided already */
    CURL_SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    CURL_SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
    CURL_SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    CURL_SET(easy, CURLOPT_FRESH_CONNECT, 1L);
    CURL_SET(easy, CURLOPT_FORBID_REUSE, 1L);
    CURL_SET(easy, CURLOPT_IPRESOLVE, families[setup->family]);
    CURL_SET(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (setup->connect_us)
        CURL_SET(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(setup->connect_us / US_PER_MS));
    return CURLE_OK;
}

/* libcurl calls this for a proxy that speaks TLS, too, and for it first. The target's own anchors are not for
 * the proxy. */
static CURLcode on_ssl_context(CURL *easy, void *context, void *handle_context)
{
    struct curl_handle *handle = handle_context;
    const struct curl_setup *setup = handle->setup;
    const struct route *route = setup->route;
    (void)easy;
    bool of_proxy = handle->tls_layers++ == 0 && route->proxy_anchors;
    X509_STORE *anchors = of_proxy ? route->proxy_anchors : route->anchors;
    if (!anchors)
        return CURLE_SSL_CACERT_BADFILE;
    SSL_CTX_set1_cert_store(context, anchors);
    CURLcode code = setup->on_tls ? setup->on_tls(context, of_proxy, handle->context) : CURLE_OK;
    const struct target *host = of_proxy ? &route->proxy.endpoint : &route->target;
    if (code == CURLE_OK && tls_expect_host(SSL_CTX_get0_param(context), host->host) < 0)
        code = CURLE_OUT_OF_MEMORY;
    return code;
}

static CURLcode set_anchors(struct curl_handle *handle)
{
    const struct curl_setup *setup = handle->setup;
    CURL *easy = handle->easy;
    if (setup->route->anchors || setup->route->proxy_anchors) {
        CURL_SET(easy, CURLOPT_CAINFO, NULL);
        CURL_SET(easy, CURLOPT_CAPATH, NULL);
        CURL_SET(easy, CURLOPT_PROXY_CAINFO, NULL);
        CURL_SET(easy, CURLOPT_PROXY_CAPATH, NULL);
        CURL_SET(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_context);
        CURL_SET(easy, CURLOPT_SSL_CTX_DATA, handle);
    } else if (setup->ca_file) {
        CURL_SET(easy, CURLOPT_CAINFO, setup->ca_file);
        CURL_SET(easy, CURLOPT_CAPATH, NULL);
    }
    return CURLE_OK;
}

static CURLcode set_tls(struct curl_handle *handle)
{
    const struct curl_setup *setup = handle->setup;
    const struct route *route = setup->route;
    CURL *easy = handle->easy;
    if (!route->target.tls && !(route->by_proxy && route->proxy.endpoint.tls))
        return CURLE_OK;
    CURL_SET(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    CURL_SET(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    CURL_SET(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    CURL_SET(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    if (setup->client_cert) {
        CURL_SET(easy, CURLOPT_SSLCERT, setup->client_cert);
        CURL_SET(easy, CURLOPT_KEYPASSWD, ""); /* else OpenSSL asks for it on the terminal */
        CURL_SET(easy, CURLOPT_SSLKEY, setup->client_key ? setup->client_key : setup->client_cert);
    }
    return set_anchors(handle);
}

/* libcurl doesn't return while it reads a proxy's refusal, so on_progress, too, looks at deadline and
 * cancel. */
static CURLcode set_owner(struct curl_handle *handle)
{
    const struct curl_setup *setup = handle->setup;
    CURL *easy = handle->easy;
    CURL_SET(easy, CURLOPT_PRIVATE, handle->context);
    CURL_SET(easy, CURLOPT_ERRORBUFFER, handle->error_text);
    CURL_SET(easy, CURLOPT_HEADERFUNCTION, setup->on_header);
    CURL_SET(easy, CURLOPT_HEADERDATA, handle->context);
    CURL_SET(easy, CURLOPT_WRITEFUNCTION, setup->on_body);
    CURL_SET(easy, CURLOPT_WRITEDATA, handle->context);
    if (!setup->on_progress)
        return CURLE_OK;
    CURL_SET(easy, CURLOPT_NOPROGRESS, 0L);
    CURL_SET(easy, CURLOPT_XFERINFOFUNCTION, setup->on_progress);
    CURL_SET(easy, CURLOPT_XFERINFODATA, handle->context);
    return CURLE_OK;
}

CURLcode curl_handle_open(struct curl_handle *handle, const struct curl_setup *setup,
                          const struct curl_request *request, size_t first_address, void *context)
{
    *handle = (struct curl_handle){.easy = curl_easy_init(), .setup = setup, .context = context};
    if (!handle->easy || !add_headers(handle, request) || !list_addresses(handle, first_address))
        return CURLE_OUT_OF_MEMORY;
    CURL_SET(handle->easy, CURLOPT_HTTPHEADER, handle->headers);
    CURL_SET(handle->easy, CURLOPT_RESOLVE, handle->resolve);
    CURLcode code = set_owner(handle);
    if (code == CURLE_OK)
        code = set_connection(handle->easy, setup);
    if (code == CURLE_OK)
        code = set_tls(handle);
    return code == CURLE_OK ? set_request(handle->easy, request) : code;
}

/* The headers may include a token. */
void curl_handle_close(struct curl_handle *handle)
{
    curl_easy_cleanup(handle->easy);
    handle->easy = NULL;
    for (struct curl_slist *at = handle->headers; at; at = at->next)
        explicit_bzero(at->data, strlen(at->data));
    curl_slist_free_all(handle->headers);
    curl_slist_free_all(handle->resolve);
    handle->headers = handle->resolve = NULL;
}

bool curl_handle_is_at_proxy(const struct curl_handle *handle)
{
    const struct route *route = handle->setup->route;
    return route->by_proxy && handle->tls_layers <= (route->proxy_anchors ? 1 : 0);
}

SSL *curl_handle_ssl(const struct curl_handle *handle)
{
    struct curl_tlssessioninfo *session = NULL;
    bool found = curl_easy_getinfo(handle->easy, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK && session &&
                 session->backend == CURLSSLBACKEND_OPENSSL;
    return found ? session->internals : NULL;
}

const char *curl_handle_words(const struct curl_handle *handle, CURLcode code)
{
    return *handle->error_text ? handle->error_text : curl_easy_strerror(code);
}

int curl_handle_errno(const struct curl_handle *handle)
{
    long number = 0;
    return curl_easy_getinfo(handle->easy, CURLINFO_OS_ERRNO, &number) == CURLE_OK ? (int)number : 0;
}
