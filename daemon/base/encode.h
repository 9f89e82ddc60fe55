/* Text for headers and URLs: base64 and percent-encoding. Pure. */
#ifndef WARMD_BASE_ENCODE_H
#define WARMD_BASE_ENCODE_H

#include "base/text.h"

/* Appends LENGTH bytes of BYTES to OUT in base64, with the standard alphabet and padding (RFC 4648, 4). */
void base64_encode(const char *bytes, size_t length, struct text *out);
/* Decodes LENGTH characters of TEXT and appends the result, which may contain NULs, to OUT. 0; -EINVAL (OUT
 * is unchanged): an invalid character, a wrong length, or padding anywhere but at the end; -ENOMEM. */
int base64_decode(const char *text, size_t length, struct text *out);

/* Appends LENGTH bytes of STRING to OUT, all but A-Z a-z 0-9 - . _ ~ (RFC 3986, 2.3) and those of ALSO
 * percent-encoded. */
void percent_encode(const char *string, size_t length, const char *also, struct text *out);

/* The value of the hexadecimal digit C, in either case; -1: it isn't one. */
int hex_value(char c);
/* Writes LENGTH bytes as hexadecimal digits in lower case, and a NUL: 2 * LENGTH + 1 bytes. */
void hex_encode(const unsigned char *bytes, size_t length, char *ret_text);

#endif
