/* Strings that strangers sent, in JSON. */
#ifndef SIM_JSON_H
#define SIM_JSON_H

#include <jansson.h>

/* BYTES as they are if they are UTF-8, else each byte as the character of its number (Latin-1). BYTES may be
 * NULL if LENGTH is 0. */
json_t *json_text(const char *bytes, size_t length);

#endif
