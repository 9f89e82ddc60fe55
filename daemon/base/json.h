/* JSON from strangers, read in place: no tree, no recursion, no memory except for a decoded string.
 *
 * It accepts what JavaScript accepts (RFC 8259, any number, escapes of lone surrogates and of NUL, a leading
 * byte order mark) and loses none of it: a number keeps its text, and a NUL or a lone surrogate stays
 * distinct from every other character. JSON libraries round numbers, replace lone surrogates with U+FFFD, end
 * keys at a NUL and free trees recursively; an id must survive all of that. */
#ifndef WARMD_BASE_JSON_H
#define WARMD_BASE_JSON_H

#include "base/error.h"
#include "base/text.h"

enum { JSON_DEPTH_MAX = 10000 }; /* levels of arrays and objects */

/* A text known to be JSON; borrowed, and searched in place. */
struct json_document {
    const char *text;
    size_t length;
};

/* 0: TEXT is JSON, and RET_DOCUMENT is valid for as long as TEXT is. -EINVAL: it isn't; WHY says what is
 * wrong at which byte ("is not JSON: …"). */
int json_document_read(const char *text, size_t length, struct json_document *ret_document,
                       struct error *why);

/* The scalar at POINTER as text: a decoded string, a number as written, "true" or "false". A new string,
 * owned by the caller; NULL if the place doesn't exist or holds null, an object, an array or an empty string,
 * or memory ran out. A NULL DOCUMENT is empty. Of members with the same name the last counts. */
char *json_document_text(const struct json_document *document, const char *pointer);
/* The same for the member NAME, in any case, of the object at POINTER; for an array its first element. That
 * is how gateways pass headers: {"headers":{"X-Name":"value"}},
 * {"multiValueHeaders":{"x-name":["value"]}}. */
char *json_document_member(const struct json_document *document, const char *pointer, const char *name);
/* Is there anything but null at POINTER? */
bool json_document_has(const struct json_document *document, const char *pointer);
/* Is there a number at POINTER? If so, it goes into RET_NUMBER. */
bool json_document_number(const struct json_document *document, const char *pointer, double *ret_number);

/* json_document_text for a text that is searched once; NULL also if it isn't JSON. */
char *json_pointer_text(const char *json, size_t length, const char *pointer);

/* Does TEXT begin like an array or an object? */
bool json_is_begun(const char *text);
/* Does TEXT, the beginning of a JSON text, end inside a string? */
bool json_ends_in_string(const char *text);
/* Appends STRING, escaped for a JSON string. */
void json_add_escaped(struct text *out, const char *string);

#endif
