#include "net/proxy.h"

#include "base/secret.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

enum {
    SOCKS_PORT = 1080,
    TLS_PORT = 443,
    TOKEN_MAX = 127
}; /* libcurl's defaults for proxies: 1080 for http too */

const char *proxy_variable(bool tls)
{
    static const char *const for_tls[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    /* HTTP_PROXY in capitals is not read: a CGI request's Proxy header would set it (libcurl's rule). */
    static const char *const for_plain[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    const char *const *names = tls ? for_tls : for_plain;
    size_t n = tls ? COUNT_OF(for_tls) : COUNT_OF(for_plain);
    for (size_t i = 0; i < n; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return names[i];
    }
    return NULL;
}

static bool matches_name(const char *token, size_t length, const char *host, size_t host_length)
{
    if (length && token[length - 1] == '.')
        length--;
    if (length && token[0] == '.')
        token++, length--;
    if (length == 0 || length > host_length)
        return false;
    size_t before = host_length - length;
    return strncasecmp(token, host + before, length) == 0 && (before == 0 || host[before - 1] == '.');
}

static bool same_bits(const unsigned char *a, const unsigned char *b, size_t bits)
{
    size_t whole = bits / 8, rest = bits % 8;
    return memcmp(a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

/* Matches an address, or a network such as 10.0.0.0/8, of HOST's family. */
static bool matches_address(const char *token, size_t length, int family, const unsigned char *host)
{
    char text[TOKEN_MAX + 1];
    unsigned char network[sizeof(struct in6_addr)];
    size_t most = family == AF_INET ? 32 : 128, bits = most;
    if (length > TOKEN_MAX)
        return false;
    memcpy(text, token, length);
    text[length] = '\0';
    char *slash = strchr(text, '/');
    if (slash) {
        char *end;
        *slash = '\0';
        bits = strtoul(slash + 1, &end, 10);
        if (end == slash + 1 || *end || bits > most)
            return false;
    }
    return inet_pton(family, text, network) == 1 && same_bits(network, host, bits);
}

bool proxy_excepts(const char *list, const char *host)
{
    static const char separators[] = ", \t";
    unsigned char address[sizeof(struct in6_addr)];
    size_t host_length = strlen(host);
    int family = inet_pton(AF_INET, host, address) == 1    ? AF_INET
                 : inet_pton(AF_INET6, host, address) == 1 ? AF_INET6
                                                           : AF_UNSPEC;
    if (strcmp(list, "*") == 0)
        return true;
    if (host_length && host[host_length - 1] == '.')
        host_length--;
    for (const char *at = list + strspn(list, separators); *at; at += strspn(at, separators)) {
        size_t length = strcspn(at, separators);
        if (family == AF_UNSPEC ? matches_name(at, length, host, host_length)
                                : matches_address(at, length, family, address))
            return true;
        at += length;
    }
    return false;
}

static bool is_excepted(const char *host)
{
    const char *list = getenv("no_proxy");
    if (!list || !*list)
        list = getenv("NO_PROXY");
    return list && proxy_excepts(list, host);
}

DEFINE_CLEANUP(char *, curl_free);
DEFINE_CLEANUP(CURLU *, curl_url_cleanup);

static int parse(const char *value, struct proxy *proxy)
{
    CLEANUP(cleanup_curl_free) char *scheme = NULL, *host = NULL, *port = NULL;
    CLEANUP(cleanup_curl_url_cleanup) CURLU *parts = curl_url();
    struct target *endpoint = &proxy->endpoint;
    if (!parts)
        return -ENOMEM;
    if (!value ||
        curl_url_set(parts, CURLUPART_URL, value, CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME) !=
            CURLUE_OK ||
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_HOST, &host, CURLU_URLDECODE) != CURLUE_OK)
        return -EINVAL;
    endpoint->tls = strcmp(scheme, "https") == 0; /* libcurl gives it in lower case */
    if (!endpoint->tls && !text_starts_with(scheme, "socks") && strcmp(scheme, "http") != 0)
        return -EINVAL;
    bool has_port = curl_url_get(parts, CURLUPART_PORT, &port, 0) == CURLUE_OK;
    endpoint->port = has_port ? (unsigned)strtoul(port, NULL, 10) : endpoint->tls ? TLS_PORT : SOCKS_PORT;
    proxy->url = strdup(value);
    return proxy->url ? target_set_host(endpoint, host) : -ENOMEM;
}

int proxy_find(const struct target *target, struct proxy *ret_proxy, struct error *error)
{
    const char *variable = proxy_variable(target->tls);
    struct proxy proxy = {.variable = variable};
    if (!variable || is_excepted(target->host))
        return 0;
    int result = parse(getenv(variable), &proxy);
    if (result < 0) {
        proxy_free(&proxy);
        return error_set(error, result, "the proxy that $%s names can't be used: %s", variable,
                         result == -ENOMEM ? "out of memory" : "it is not an http, https or socks URL");
    }
    *ret_proxy = proxy;
    return 1;
}

void proxy_free(struct proxy *proxy)
{
    secret_free(proxy->url);
    target_free(&proxy->endpoint);
    *proxy = (struct proxy){0};
}
