/* One value out of a JSON text by its pointer (RFC 6901). */
#ifndef WARMD_BASE_JSON_POINTER_H
#define WARMD_BASE_JSON_POINTER_H

#include <stddef.h>

/* The scalar at POINTER as text: a string's content, a number, "true" or "false". A new string, owned by the
 * caller; NULL when the text is no JSON, has no such place, or there is null, an object, an array or an empty
 * string. */
char *json_pointer_text(const char *json, size_t length, const char *pointer);

#endif
