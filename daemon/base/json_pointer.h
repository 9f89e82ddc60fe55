/* Looks up values in a JSON text by their pointers (RFC 6901). */
#ifndef WARMD_BASE_JSON_POINTER_H
#define WARMD_BASE_JSON_POINTER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* A text known to be JSON; borrowed, and searched in place. */
struct json_document {
    const char *text;
    size_t length;
};

/* 0: TEXT is JSON, and RET_DOCUMENT is valid for as long as TEXT is. -EINVAL: it isn't; WHY says what is
 * wrong at which byte ("is not JSON: …"). See base/json_scan.h for what is accepted. */
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

#endif
