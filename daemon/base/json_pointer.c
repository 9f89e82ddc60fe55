#include "base/json_pointer.h"

#include "base/cleanup.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* jansson's value, under a name that its header isn't needed for. */
static const json_t *root_of(const struct json_document *document)
{
    return (const json_t *)document;
}

struct json_document *json_document_parse(const char *json, size_t length)
{
    return (struct json_document *)json_loadb(json, length, JSON_DECODE_ANY, NULL);
}

void json_document_free(struct json_document *document)
{
    json_decref((json_t *)document);
}

static const json_t *find_in(const struct json_document *document, const char *pointer)
{
    CLEANUP_FREE char *path = document ? strdup(pointer) : NULL;
    return path ? find(root_of(document), path) : NULL;
}

char *json_document_text(const struct json_document *document, const char *pointer)
{
    const json_t *value = find_in(document, pointer);
    return value ? scalar_text(value) : NULL;
}

char *json_document_member(const struct json_document *document, const char *pointer, const char *name)
{
    const json_t *object = find_in(document, pointer), *value = NULL;
    const char *key = NULL;
    if (!json_is_object(object))
        return NULL;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        const json_t *scalar = json_is_array(value) ? json_array_get(value, 0) : value;
        if (strcasecmp(key, name) == 0 && scalar)
            return scalar_text(scalar);
    }
    return NULL;
}

bool json_document_number(const struct json_document *document, const char *pointer, double *ret_number)
{
    const json_t *value = find_in(document, pointer);
    if (!json_is_number(value))
        return false;
    *ret_number = json_number_value(value);
    return true;
}

char *json_pointer_text(const char *json, size_t length, const char *pointer)
{
    CLEANUP(cleanup_json_document_free)
    struct json_document *document = json_document_parse(json, length);
    return json_document_text(document, pointer);
}
