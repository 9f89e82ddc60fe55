/* Values out of a JSON text by their pointers (RFC 6901). */
#ifndef WARMD_BASE_JSON_POINTER_H
#define WARMD_BASE_JSON_POINTER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* A text that is known to be JSON. It is borrowed, and looked into where it is. */
struct json_document {
    const char *text;
    size_t length;
};

/* 0: TEXT is JSON and RET_DOCUMENT is it, for as long as TEXT stays. -EINVAL: it is none, as WHY says ("is
 * not JSON: …"): what is wrong at which byte. See base/json_scan.h for what is read. */
int json_document_read(const char *text, size_t length, struct json_document *ret_document,
                       struct error *why);

/* The scalar at POINTER as text: what a string means, a number as it is written, "true" or "false". A new
 * string, owned by the caller; NULL when there is no such place, or there is null, an object, an array or an
 * empty string, or memory ran out. A DOCUMENT of NULL has nothing in it. Of members of one name the last
 * counts. */
char *json_document_text(const struct json_document *document, const char *pointer);
/* The same of the member NAME, in any case, of the object at POINTER; of an array its first element. That is
 * how gateways have headers: {"headers":{"X-Name":"value"}}, {"multiValueHeaders":{"x-name":["value"]}}. */
char *json_document_member(const struct json_document *document, const char *pointer, const char *name);
/* Is there anything but null at POINTER? */
bool json_document_has(const struct json_document *document, const char *pointer);
/* Is there a number at POINTER? It is RET_NUMBER then. */
bool json_document_number(const struct json_document *document, const char *pointer, double *ret_number);

/* json_document_text of a text that is looked into once; NULL also when it is no JSON. */
char *json_pointer_text(const char *json, size_t length, const char *pointer);

#endif
