#include "base/json_pointer.h"

#include "base/cleanup.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Undoes the pointer's escapes in place: ~1 is a slash, ~0 a tilde. */
static void unescape(char *token)
{
    char *to = token;
    for (const char *from = token; *from; from++) {
        if (from[0] == '~' && (from[1] == '0' || from[1] == '1'))
            *to++ = *++from == '1' ? '/' : '~';
        else
            *to++ = *from;
    }
    *to = '\0';
}

/* An array index has no sign and no leading zero (RFC 6901, section 4). */
static const json_t *array_at(const json_t *array, const char *token)
{
    size_t digits = strspn(token, "0123456789");
    if (digits == 0 || digits > 9 || token[digits] != '\0' || (token[0] == '0' && digits > 1))
        return NULL;
    return json_array_get(array, strtoul(token, NULL, 10));
}

static const json_t *find(const json_t *value, char *path)
{
    for (char *token = path; value && *token == '/';) {
        token++;
        char *end = token + strcspn(token, "/");
        char after = *end;
        *end = '\0';
        /* Unescaping shortens in place; what follows `end` stays where it is. */
        unescape(token);
        value = json_is_array(value) ? array_at(value, token) : json_object_get(value, token);
        *end = after;
        token = end;
    }
    return value;
}

static char *scalar_text(const json_t *value)
{
    char number[32];
    if (json_is_string(value))
        return json_string_length(value) ? strdup(json_string_value(value)) : NULL;
    if (json_is_integer(value))
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        snprintf(number, sizeof number, "%.17g", json_real_value(value));
    else if (json_is_boolean(value))
        return strdup(json_is_true(value) ? "true" : "false");
    else
        return NULL;
    return strdup(number);
}

char *json_pointer_text(const char *json, size_t length, const char *pointer)
{
    json_t *root = json_loadb(json, length, JSON_DECODE_ANY, NULL);
    CLEANUP_FREE char *path = strdup(pointer);
    char *text = root && path ? scalar_text(find(root, path)) : NULL;
    json_decref(root);
    return text;
}
