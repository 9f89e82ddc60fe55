#include "base/secret.h"

#include <string.h>

void secret_free(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void secret_text_free(struct text *text)
{
    if (text->data)
        explicit_bzero(text->data, text->capacity);
    text_free(text);
}

char *secret_join(const char *prefix, const char *secret)
{
    size_t before = strlen(prefix), length = strlen(secret);
    char *joined = malloc(before + length + 1);
    if (!joined)
        return NULL;
    memcpy(joined, prefix, before);
    memcpy(joined + before, secret, length);
    joined[before + length] = '\0';
    return joined;
}
