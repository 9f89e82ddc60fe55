/* Strings from untrusted senders, as JSON. */
#ifndef SIM_JSON_H
#define SIM_JSON_H

#include <jansson.h>

/* BYTES as they are if they are UTF-8, else as json_latin1(). BYTES may be NULL if LENGTH is 0. */
json_t *json_text(const char *bytes, size_t length);
/* Each byte as the character of its number. */
json_t *json_latin1(const char *bytes, size_t length);
/* Returns JSON as a new string and drops its reference. */
char *json_take(json_t *json);

#endif
