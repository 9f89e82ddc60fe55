#include "base/json_pointer.h"

#include "base/cleanup.h"
#include "base/json_scan.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int json_document_read(const char *text, size_t length, struct json_document *ret_document, struct error *why)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct json_cursor cursor = {.at = text, .end = text + length};
    if (length >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0)
        cursor.at += strlen(mark);
    const char *begin = cursor.at;
    if (json_skip_value(&cursor)) {
        const char *end = cursor.at;
        json_skip_space(&cursor);
        if (cursor.at == cursor.end) {
            *ret_document = (struct json_document){begin, (size_t)(end - begin)};
            return 0;
        }
        cursor.wrong = "there is more after the value";
    }
    if (cursor.at == cursor.end)
        return error_set(why, -EINVAL, "is not JSON: it ends too early, after %zu bytes", length);
    return error_set(why, -EINVAL, "is not JSON: %s, at byte %zu of %zu", cursor.wrong,
                     (size_t)(cursor.at - text) + 1, length);
}

/* A value within a document, with its first character at `at`; `at` is NULL for none. */
static struct json_cursor root_of(const struct json_document *document)
{
    struct json_cursor root = {0};
    if (document)
        root = (struct json_cursor){.at = document->text, .end = document->text + document->length};
    if (document)
        json_skip_space(&root);
    return root;
}

/* Decodes a token of a pointer: ~1 is a slash, ~0 a tilde. */
static void unescape(struct text *out, const char *token, size_t length)
{
    for (const char *c = token; c < token + length; c++) {
        bool escape = c[0] == '~' && (c[1] == '0' || c[1] == '1');
        c += escape;
        text_add_bytes(out, escape ? (*c == '1' ? "/" : "~") : c, 1);
    }
}

typedef int compare(const char *, const char *);

/* The last member named NAME of the object at VALUE. */
static struct json_cursor member_of(struct json_cursor value, const char *name, compare *differ)
{
    struct json_cursor found = {0};
    CLEANUP_TEXT struct text text = {0};
    if (!json_skip_char(&value, '{') || json_skip_char(&value, '}'))
        return found;
    do {
        json_skip_char(&value, '"');
        const char *quoted = --value.at;
        json_skip_string(&value);
        json_skip_char(&value, ':');
        json_skip_space(&value);
        text.length = 0;
        text_add(&text, "");
        json_add_string(&text, quoted);
        if (!text.failed && differ(text.data, name) == 0)
            found = value;
        json_skip_value(&value);
    } while (json_skip_char(&value, ','));
    return found;
}

/* An array index has no sign and no leading zero (RFC 6901, section 4). */
static struct json_cursor element_of(struct json_cursor value, const char *token)
{
    size_t digits = strspn(token, "0123456789");
    bool is_index = digits && token[digits] == '\0' && digits <= 9 && (token[0] != '0' || digits == 1);
    if (!is_index || !json_skip_char(&value, '[') || json_skip_char(&value, ']'))
        return (struct json_cursor){0};
    for (unsigned long i = strtoul(token, NULL, 10); i > 0; i--) {
        json_skip_value(&value);
        if (!json_skip_char(&value, ','))
            return (struct json_cursor){0};
    }
    json_skip_space(&value);
    return value;
}

static struct json_cursor find(const struct json_document *document, const char *pointer)
{
    struct json_cursor value = root_of(document);
    while (value.at && *pointer == '/') {
        CLEANUP_TEXT struct text token = {0};
        size_t length = strcspn(++pointer, "/");
        text_add(&token, "");
        unescape(&token, pointer, length);
        if (token.failed)
            return (struct json_cursor){0};
        value = *value.at == '[' ? element_of(value, token.data) : member_of(value, token.data, strcmp);
        pointer += length;
    }
    return value;
}

static char *scalar_text(struct json_cursor value)
{
    struct text text = {0};
    const char *begin = value.at;
    if (!begin || *begin == '{' || *begin == '[' || *begin == 'n')
        return NULL;
    json_skip_value(&value);
    size_t length = (size_t)(value.at - begin);
    /* All at once: it may be a secret, and growing leaves copies. Decoding never makes a string longer. */
    if (!text_reserve(&text, length))
        return NULL;
    if (*begin == '"')
        json_add_string(&text, begin);
    else
        text_add_bytes(&text, begin, length);
    if (text.length)
        return text_take(&text);
    text_free(&text);
    return NULL;
}

char *json_document_text(const struct json_document *document, const char *pointer)
{
    return scalar_text(find(document, pointer));
}

char *json_document_member(const struct json_document *document, const char *pointer, const char *name)
{
    struct json_cursor value = find(document, pointer);
    if (value.at)
        value = member_of(value, name, strcasecmp);
    return scalar_text(value.at && *value.at == '[' ? element_of(value, "0") : value);
}

bool json_document_has(const struct json_document *document, const char *pointer)
{
    struct json_cursor value = find(document, pointer);
    return value.at && *value.at != 'n';
}

bool json_document_number(const struct json_document *document, const char *pointer, double *ret_number)
{
    struct json_cursor value = find(document, pointer);
    CLEANUP_FREE char *text = value.at && strchr("-0123456789", *value.at) ? scalar_text(value) : NULL;
    double number = text ? strtod(text, NULL) : NAN;
    if (!isfinite(number))
        return false;
    *ret_number = number;
    return true;
}

char *json_pointer_text(const char *json, size_t length, const char *pointer)
{
    struct json_document document = {0};
    return json_document_read(json, length, &document, NULL) == 0 ? json_document_text(&document, pointer)
                                                                  : NULL;
}
