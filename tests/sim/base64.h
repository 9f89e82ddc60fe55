/* Base64 (RFC 4648), as bodies, log tails and client contexts are written in. */
#ifndef SIM_BASE64_H
#define SIM_BASE64_H

#include "buffer.h"

#include <stdbool.h>

/* A new string. BYTES may be NULL if LENGTH is 0. */
char *base64_encode(const void *bytes, size_t length);
/* Appends what TEXT says to OUT; false, and nothing appended, if it is none. */
bool base64_decode(const char *text, struct buffer *out);

#endif
