/* Base64 with the standard alphabet and padding (RFC 4648, section 4). */
#ifndef WARMD_BASE_BASE64_H
#define WARMD_BASE_BASE64_H

#include "base/text.h"

/* Appends LENGTH bytes of BYTES, encoded, to OUT. */
void base64_encode(const char *bytes, size_t length, struct text *out);
/* Appends what LENGTH characters of TEXT stand for to OUT; there may be NULs in it. 0; -EINVAL (OUT is as
 * it was): another character, a wrong length, padding elsewhere than at the end; -ENOMEM. */
int base64_decode(const char *text, size_t length, struct text *out);

#endif
