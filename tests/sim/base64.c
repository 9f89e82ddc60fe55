#include "base64.h"

#include "memory.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

char *base64_encode(const void *bytes, size_t length)
{
    char *text = allocate((length + 2) / 3 * 4 + 1);
    if (length)
        EVP_EncodeBlock((unsigned char *)text, bytes, (int)length);
    return text;
}

bool base64_decode(const char *text, struct buffer *out)
{
    size_t length = strlen(text);
    if (length % 4)
        return false;
    unsigned char *bytes = allocate(length + 1);
    int n = length ? EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length) : 0;
    /* Padding is counted as if it were data. */
    for (size_t i = 0; n > 0 && i < 2 && text[length - 1 - i] == '='; i++)
        n--;
    if (n > 0)
        buffer_add(out, bytes, (size_t)n);
    free(bytes);
    return n >= 0;
}
