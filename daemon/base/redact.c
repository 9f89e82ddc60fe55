#include "base/redact.h"

#include <string.h>

static void redact_end(char *text, const char *secret)
{
    static const char ellipsis[] = "…";
    size_t length = strlen(text), n_secret = strlen(secret), n_ellipsis = strlen(ellipsis);
    if (length >= n_ellipsis && strcmp(text + length - n_ellipsis, ellipsis) == 0)
        length -= n_ellipsis;
    size_t most = n_secret - 1 < length ? n_secret - 1 : length;
    for (size_t n = most; n >= REDACT_LEAST; n--)
        if (memcmp(text + length - n, secret, n) == 0) {
            memset(text + length - n, '*', n);
            return;
        }
}

void redact_secret(char *text, const char *secret)
{
    size_t n_secret = secret ? strlen(secret) : 0;
    if (!text || n_secret < REDACT_LEAST)
        return;
    for (char *found = text; (found = strstr(found, secret)); found += n_secret)
        memset(found, '*', n_secret);
    redact_end(text, secret);
}
