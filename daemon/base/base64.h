/* Base64 with the standard alphabet and padding (RFC 4648, section 4). */
#ifndef WARMD_BASE_BASE64_H
#define WARMD_BASE_BASE64_H

#include "base/text.h"

/* Appends LENGTH bytes of BYTES, encoded, to OUT. */
void base64_encode(const char *bytes, size_t length, struct text *out);
/* Decodes LENGTH characters of TEXT and appends the result, which may contain NULs, to OUT. 0; -EINVAL (OUT
 * is unchanged): an invalid character, a wrong length, or padding anywhere but at the end; -ENOMEM. */
int base64_decode(const char *text, size_t length, struct text *out);

#endif
