#include "plan/syntax.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "plan/plan.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* Headers that decide where a message ends or what happens to its connection: the release counts bytes, so it
 * writes these headers itself. */
static const char *const framing_headers[] = {
    "Connection", "Content-Length", "Expect",  "Keep-Alive",        "Proxy-Connection",
    "TE",         "Trailer",        "Upgrade", "Transfer-Encoding",
};

bool is_endpoint_name(const char *text)
{
    return text_consists_of(text, LETTERS DIGITS "._-", PLAN_NAME_MAX);
}

bool is_http_token(const char *text)
{
    return text_consists_of(text, LETTERS DIGITS "!#$%&'*+-.^_`|~", SIZE_MAX);
}

bool is_request_method(const char *text)
{
    return is_http_token(text) && strcasecmp(text, "CONNECT") != 0;
}

bool is_json_pointer(const char *text)
{
    if (text[0] != '\0' && text[0] != '/')
        return false;
    for (const char *tilde = strchr(text, '~'); tilde; tilde = strchr(tilde + 1, '~'))
        if (tilde[1] != '0' && tilde[1] != '1')
            return false;
    return true;
}

static int check_header_name(const char *name, struct error *error)
{
    if (!is_http_token(name))
        return error_set(error, -EINVAL, "'%s' is not a header name", name);
    for (size_t i = 0; i < COUNT_OF(framing_headers); i++)
        if (strcasecmp(name, framing_headers[i]) == 0)
            return error_set(error, -EINVAL,
                             "%s can't be set: lambda-warmd controls it, to release all requests at once",
                             framing_headers[i]);
    return 0;
}

static int check_header_value(const char *name, const char *value, struct error *error)
{
    for (const char *at = value; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '\r' || c == '\n')
            return error_set(error, -EINVAL, "header %s has a line break in its value", name);
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return error_set(error, -EINVAL, "header %s has a control character in its value", name);
    }
    return 0;
}

int check_header(const char *header, struct error *error)
{
    const char *colon = strchr(header, ':');
    if (!colon)
        return error_set(error, -EINVAL, "write a header as \"Name: value\": '%s' has no colon", header);
    CLEANUP_FREE char *name = strndup(header, (size_t)(colon - header));
    if (!name)
        return -ENOMEM;
    int result = check_header_name(name, error);
    return result < 0 ? result : check_header_value(name, colon + 1, error);
}
