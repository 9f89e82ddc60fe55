/* The grammars of what a configuration quotes from elsewhere: HTTP, URLs, JSON pointers. Pure. */
#ifndef WARMD_PLAN_SYNTAX_H
#define WARMD_PLAN_SYNTAX_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* What an endpoint may be called: 1 to PLAN_NAME_MAX of A-Z a-z 0-9 . _ - */
bool is_endpoint_name(const char *text);
/* RFC 9110: a method, a header's name. */
bool is_http_token(const char *text);
/* A method that asks something of a handler; CONNECT asks a proxy. */
bool is_request_method(const char *text);
/* RFC 6901: empty, or slashes before each part and ~ only as ~0 or ~1. */
bool is_json_pointer(const char *text);

/* "Name: value" that can be sent as it is: 0, or -EINVAL with why it can't. HEADER has no placeholders any
 * more. */
int check_header(const char *header, struct error *error);
/* An http or https URL that can be sent as it is, without placeholders: 0, or -EINVAL with why it can't. */
int check_url(const char *url, struct error *error);
bool is_https(const char *url);
/* Length of scheme and authority, up to where the path, the query or the fragment begins. */
size_t url_origin_length(const char *url);
/* A copy of URL without the dot at the end of its host: the dot tells the resolver that the name is absolute,
 * and isn't part of the name in SNI, certificates and Host. RET_IS_ABSOLUTE: there was one. NULL: out of
 * memory. */
char *url_without_root_dot(const char *url, bool *ret_is_absolute);

#endif
