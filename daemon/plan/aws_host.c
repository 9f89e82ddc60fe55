#include "plan/aws_host.h"

#include "plan/syntax.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { HOST_TEXT_MAX = 255 };

/* The host of URL in lower case, without its port and a trailing dot; false: too long for a host. */
static bool host_of(const char *url, char host[HOST_TEXT_MAX + 1])
{
    const char *begin = strstr(url, "://") + strlen("://");
    size_t length = url_origin_length(url) - (size_t)(begin - url);
    if (begin[0] == '[')
        length = strcspn(++begin, "]");
    else if (memchr(begin, ':', length))
        length = strcspn(begin, ":");
    if (length > HOST_TEXT_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        host[i] = (char)tolower((unsigned char)begin[i]);
    if (length > 0 && host[length - 1] == '.')
        length--;
    host[length] = '\0';
    return true;
}

/* The service of a host that has LABEL before its region and DOMAIN after it; NULL: none. */
static const char *service_of(const char *label, const char *domain, bool first)
{
    if (!first && strcmp(label, "lambda-url") == 0 && is_function_url_suffix(domain))
        return "lambda";
    if (!partition_of_suffix(domain))
        return NULL;
    if (!first && strcmp(label, "execute-api") == 0)
        return "execute-api";
    bool invoke = strcmp(label, "lambda") == 0 || (first && strcmp(label, "lambda-fips") == 0);
    return invoke && (first || text_starts_with(domain, "vpce.")) ? "lambda" : NULL;
}

bool aws_host_parse(const char *url, struct aws_host *ret_host)
{
    char host[HOST_TEXT_MAX + 1];
    if (!host_of(url, host))
        return false;
    for (char *label = host; label;) {
        char *region = strchr(label, '.'), *domain = region ? strchr(region + 1, '.') : NULL;
        if (!domain)
            return false;
        *region = *domain = '\0';
        const char *service = service_of(label, domain + 1, label == host);
        if (service && is_region(region + 1)) {
            ret_host->service = service;
            memcpy(ret_host->region, region + 1, strlen(region + 1) + 1);
            return true;
        }
        *domain = '.';
        label = region + 1;
    }
    return false;
}

bool url_is_web_function(const char *url)
{
    static const char label[] = ".lambda-web.";
    char host[HOST_TEXT_MAX + 1];
    char *region = host_of(url, host) ? strstr(host, label) : NULL;
    if (!region)
        return false;
    region += strlen(label);
    char *domain = strchr(region, '.');
    if (!domain)
        return false;
    *domain = '\0';
    return is_region(region) && is_function_url_suffix(domain + 1);
}

bool host_is_loopback(const char *host)
{
    struct in_addr address;
    struct in6_addr address6;
    if (inet_pton(AF_INET, host, &address) == 1)
        return ntohl(address.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &address6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&address6);
    return strcasecmp(host, "localhost") == 0;
}

bool url_is_loopback(const char *url)
{
    char host[HOST_TEXT_MAX + 1];
    return host_of(url, host) && host_is_loopback(host);
}
