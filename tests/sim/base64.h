/* Base64 (RFC 4648), in which bodies, log tails and client contexts are written. */
#ifndef SIM_BASE64_H
#define SIM_BASE64_H

#include "buffer.h"

#include <stdbool.h>

/* A new string. BYTES may be NULL if LENGTH is 0. */
char *base64_encode(const void *bytes, size_t length);
/* Decodes TEXT and appends the result to OUT; false, and nothing appended, if TEXT isn't Base64. */
bool base64_decode(const char *text, struct buffer *out);

#endif
