/* Values out of a JSON text by their pointers (RFC 6901). */
#ifndef WARMD_BASE_JSON_POINTER_H
#define WARMD_BASE_JSON_POINTER_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

/* The scalar at POINTER as text: a string's content, a number, "true" or "false". A new string, owned by the
 * caller; NULL when the text is no JSON, has no such place, or there is null, an object, an array or an empty
 * string. */
char *json_pointer_text(const char *json, size_t length, const char *pointer);

/* A text that is parsed once, to look into it several times. */
struct json_document;

/* NULL when the text is no JSON, or nested deeper than 2048. */
struct json_document *json_document_parse(const char *json, size_t length);
void json_document_free(struct json_document *document); /* takes NULL */
DEFINE_CLEANUP(struct json_document *, json_document_free);

/* As json_pointer_text; a DOCUMENT of NULL has nothing in it. */
char *json_document_text(const struct json_document *document, const char *pointer);
/* The same of the member NAME, in any case, of the object at POINTER; of an array its first element. That is
 * how gateways have headers: {"headers":{"X-Name":"value"}}, {"multiValueHeaders":{"x-name":["value"]}}. */
char *json_document_member(const struct json_document *document, const char *pointer, const char *name);
/* Is there a number at POINTER? It is RET_NUMBER then. */
bool json_document_number(const struct json_document *document, const char *pointer, double *ret_number);

#endif
