#include "plan/syntax.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

enum {
    HOST_MAX = 253, /* characters of a DNS name */
    LABEL_MAX = 63, /* of one part of it */
    PORT_MAX = 65535,
};

bool is_https(const char *url)
{
    return strncasecmp(url, "https://", strlen("https://")) == 0;
}

static size_t scheme_length(const char *url)
{
    if (is_https(url))
        return strlen("https://");
    return strncasecmp(url, "http://", strlen("http://")) == 0 ? strlen("http://") : 0;
}

size_t url_origin_length(const char *url)
{
    size_t scheme = scheme_length(url);
    return scheme + strcspn(url + scheme, "/?#");
}

/* Refuses everything that must be percent-encoded, and a % that doesn't begin a code. */
static int check_characters(const char *url, struct error *error)
{
    for (const char *at = url; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == ' ')
            return error_set(error, -EINVAL, "url contains a space (write it as %%20)");
        if (c < 0x20 || c == 0x7f)
            return error_set(error, -EINVAL, "url contains a control character");
        if (c > 0x7f)
            return error_set(error, -EINVAL, "url must be ASCII: write other characters percent-encoded");
        if (strchr("\"<>\\^`{|}", c))
            return error_set(error, -EINVAL, "url contains '%c' (write it as %%%02X)", c, c);
        if (c == '%' && !(isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2])))
            return error_set(error, -EINVAL, "url contains a %% without two hexadecimal digits after it");
        if (c == '#')
            return error_set(error, -EINVAL, "url has a fragment (#), which is never sent");
    }
    return 0;
}

static bool is_host_name(const char *host)
{
    size_t length = strlen(host);
    if (length > 0 && host[length - 1] == '.')
        length--;
    if (length == 0 || length > HOST_MAX)
        return false;
    size_t label = 0;
    for (size_t i = 0; i < length; i++) {
        if (host[i] == '.' && label == 0)
            return false;
        if (host[i] != '.' && !isalnum((unsigned char)host[i]) && host[i] != '-' && host[i] != '_')
            return false;
        label = host[i] == '.' ? 0 : label + 1;
        if (label > LABEL_MAX)
            return false;
    }
    return label > 0;
}

static bool is_port(const char *port)
{
    size_t digits = strspn(port, "0123456789");
    long number = digits > 0 && digits <= 5 && port[digits] == '\0' ? strtol(port, NULL, 10) : 0;
    return number >= 1 && number <= PORT_MAX;
}

/* Checks what follows the host: nothing, or a colon and a port. */
static int check_port(const char *rest, struct error *error)
{
    if (*rest == '\0' || (*rest == ':' && is_port(rest + 1)))
        return 0;
    return error_set(error, -EINVAL, "url's port must be from 1 to %d", PORT_MAX);
}

/* Cuts AUTHORITY up. */
static int check_authority(char *authority, struct error *error)
{
    struct in6_addr address;
    if (strchr(authority, '@'))
        return error_set(error, -EINVAL,
                         "url contains a user name or password: send an Authorization header with "
                         "${credential:NAME} instead");
    if (authority[0] != '[') {
        char *colon = strchrnul(authority, ':');
        int result = check_port(colon, error);
        *colon = '\0';
        if (result == 0 && !is_host_name(authority))
            result = authority[0] ? error_set(error, -EINVAL, "url's host '%s' is not a host name", authority)
                                  : error_set(error, -EINVAL, "url has no host");
        return result;
    }
    char *end = strchr(authority, ']');
    if (end)
        *end = '\0';
    if (!end || inet_pton(AF_INET6, authority + 1, &address) != 1)
        return error_set(error, -EINVAL, "url's host is not an IPv6 address");
    return check_port(end + 1, error);
}

int check_url(const char *url, struct error *error)
{
    size_t scheme = scheme_length(url);
    if (scheme == 0 && strncmp(url, "arn:", 4) == 0)
        return error_set(error, -EINVAL, "url begins with http:// or https://; an ARN belongs in function");
    if (scheme == 0)
        return error_set(error, -EINVAL, "url must begin with http:// or https://");
    CLEANUP_FREE char *authority = strndup(url + scheme, url_origin_length(url) - scheme);
    if (!authority)
        return -ENOMEM;
    int result = check_characters(url, error);
    return result < 0 ? result : check_authority(authority, error);
}

char *url_without_root_dot(const char *url, bool *ret_is_absolute)
{
    size_t end = url_origin_length(url), host = scheme_length(url);
    size_t dot = host + strcspn(url + host, ":/?#");
    *ret_is_absolute = url[host] != '[' && dot > host + 1 && dot <= end && url[dot - 1] == '.';
    char *copy = strdup(url);
    if (copy && *ret_is_absolute)
        memmove(copy + dot - 1, copy + dot, strlen(copy + dot) + 1);
    return copy;
}
