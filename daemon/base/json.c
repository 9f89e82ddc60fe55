#include "base/json.h"

#include "base/cleanup.h"
#include "base/encode.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

enum { HEX_DIGITS = 4 };

struct json_cursor {
    const char *at;
    const char *end;
    const char *wrong; /* what is wrong at `at`, if anything; a constant. At `end`: the text ends too early */
};

static bool fail(struct json_cursor *cursor, const char *wrong)
{
    cursor->wrong = wrong;
    return false;
}

/* The character at the cursor; at the end of the text 0, which JSON never contains. */
static unsigned char next(const struct json_cursor *cursor)
{
    return cursor->at < cursor->end ? (unsigned char)*cursor->at : 0;
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static void skip_space(struct json_cursor *cursor)
{
    while (cursor->at < cursor->end && *cursor->at && strchr(" \t\r\n", *cursor->at))
        cursor->at++;
}

static bool skip_char(struct json_cursor *cursor, char c)
{
    skip_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

static bool skip_escape(struct json_cursor *cursor)
{
    cursor->at++;
    if (next(cursor) != 'u')
        return next(cursor) && strchr("\"\\/bfnrt", next(cursor)) ? cursor->at++,
               true                                               : fail(cursor, "an unknown escape");
    cursor->at++;
    for (int i = 0; i < HEX_DIGITS; i++, cursor->at++)
        if (hex_value((char)next(cursor)) < 0)
            return fail(cursor, "a \\u without four hexadecimal digits");
    return true;
}

static bool skip_string(struct json_cursor *cursor)
{
    for (cursor->at++; next(cursor) != '"';) {
        if (next(cursor) < ' ')
            return fail(cursor, "a control character in a string");
        if (next(cursor) != '\\')
            cursor->at++;
        else if (!skip_escape(cursor))
            return false;
    }
    cursor->at++;
    return true;
}

static bool skip_digits(struct json_cursor *cursor)
{
    if (!is_digit(next(cursor)))
        return fail(cursor, "a digit is missing");
    while (is_digit(next(cursor)))
        cursor->at++;
    return true;
}

static bool skip_number(struct json_cursor *cursor)
{
    if (next(cursor) == '-')
        cursor->at++;
    if (next(cursor) == '0')
        cursor->at++;
    else if (!skip_digits(cursor))
        return false;
    if (next(cursor) == '.') {
        cursor->at++;
        if (!skip_digits(cursor))
            return false;
    }
    if (next(cursor) != 'e' && next(cursor) != 'E')
        return true;
    cursor->at++;
    if (next(cursor) == '+' || next(cursor) == '-')
        cursor->at++;
    return skip_digits(cursor);
}

static bool skip_scalar(struct json_cursor *cursor)
{
    static const char *const words[] = {"true", "false", "null"};
    if (next(cursor) == '"')
        return skip_string(cursor);
    if (next(cursor) == '-' || is_digit(next(cursor)))
        return skip_number(cursor);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(cursor->end - cursor->at) >= length && memcmp(cursor->at, words[i], length) == 0) {
            cursor->at += length;
            return true;
        }
    }
    return fail(cursor, "a value is missing");
}

/* Skips a member's name and its colon. */
static bool skip_name(struct json_cursor *cursor)
{
    if (!skip_char(cursor, '"'))
        return fail(cursor, "a member's name is missing");
    cursor->at--;
    if (!skip_string(cursor))
        return false;
    return skip_char(cursor, ':') || fail(cursor, "no colon after a member's name");
}

/* Which of the open levels are objects. */
struct levels {
    size_t depth;
    uint8_t objects[JSON_DEPTH_MAX / 8 + 1];
};

static bool in_object(const struct levels *levels)
{
    return levels->depth && levels->objects[levels->depth / 8] >> levels->depth % 8 & 1;
}

/* Skips what begins at the cursor. *RET_WHOLE: a value also ended there. */
static bool skip_begin(struct json_cursor *cursor, struct levels *levels, bool *ret_whole)
{
    bool object = skip_char(cursor, '{');
    *ret_whole = true;
    if (!object && !skip_char(cursor, '['))
        return skip_scalar(cursor);
    if (levels->depth == JSON_DEPTH_MAX)
        return fail(cursor, "more than 10000 levels");
    if (skip_char(cursor, object ? '}' : ']'))
        return true;
    levels->depth++;
    uint8_t bit = (uint8_t)(1U << levels->depth % 8);
    if (object)
        levels->objects[levels->depth / 8] |= bit;
    else
        levels->objects[levels->depth / 8] &= (uint8_t)~bit;
    *ret_whole = false;
    return !object || skip_name(cursor);
}

/* Moves `at` past a value and the white space before it, or sets `wrong` and returns false. */
static bool skip_value(struct json_cursor *cursor)
{
    struct levels levels = {0};
    for (;;) {
        bool whole;
        if (!skip_begin(cursor, &levels, &whole))
            return false;
        while (whole) {
            if (levels.depth == 0)
                return true;
            if (skip_char(cursor, ',')) {
                if (in_object(&levels) && !skip_name(cursor))
                    return false;
                break;
            }
            if (!skip_char(cursor, in_object(&levels) ? '}' : ']'))
                return fail(cursor, "a comma or the end of the array or object is missing");
            levels.depth--;
        }
    }
}

static void add_point(struct text *out, uint32_t point)
{
    char bytes[4];
    size_t n = point == 0 ? 2 : point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; point >>= 6)
        bytes[i] = (char)(0x80 | (point & 0x3f));
    bytes[0] = (char)(first[n] | point);
    text_add_bytes(out, bytes, n);
}

static uint32_t read_hex(const char *digits)
{
    uint32_t value = 0;
    for (int i = 0; i < HEX_DIGITS; i++)
        value = value << 4 | (uint32_t)hex_value(digits[i]);
    return value;
}

/* AT is just after the backslash. Returns what follows the escape. */
static const char *add_escape(struct text *out, const char *at)
{
    static const char names[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    const char *found = strchr(names, *at);
    if (*at != 'u') {
        text_add_bytes(out, found ? &meanings[found - names] : at, 1);
        return at + 1;
    }
    uint32_t point = read_hex(at + 1);
    at += 1 + HEX_DIGITS;
    if (point >> 10 == 0xd800 >> 10 && at[0] == '\\' && at[1] == 'u') {
        uint32_t low = read_hex(at + 2);
        if (low >> 10 == 0xdc00 >> 10) {
            point = 0x10000 + ((point & 0x3ff) << 10 | (low & 0x3ff));
            at += 2 + HEX_DIGITS;
        }
    }
    add_point(out, point);
    return at;
}

/* Appends the decoded string that begins at the quotation mark QUOTED. It was skipped before, so it is
 * complete and valid. NUL becomes C0 80 and a lone surrogate three bytes of its own (WTF-8): neither is
 * UTF-8, so no other string decodes to the same. */
static void add_string(struct text *out, const char *quoted)
{
    for (const char *at = quoted + 1; *at != '"';) {
        size_t plain = strcspn(at, "\"\\");
        text_add_bytes(out, at, plain);
        at += plain;
        if (*at == '\\')
            at = add_escape(out, at + 1);
    }
}

int json_document_read(const char *text, size_t length, struct json_document *ret_document, struct error *why)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct json_cursor cursor = {.at = text, .end = text + length};
    if (length >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0)
        cursor.at += strlen(mark);
    const char *begin = cursor.at;
    if (skip_value(&cursor)) {
        const char *end = cursor.at;
        skip_space(&cursor);
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
        skip_space(&root);
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
    if (!skip_char(&value, '{') || skip_char(&value, '}'))
        return found;
    do {
        skip_char(&value, '"');
        const char *quoted = --value.at;
        skip_string(&value);
        skip_char(&value, ':');
        skip_space(&value);
        text.length = 0;
        text_add(&text, "");
        add_string(&text, quoted);
        if (!text.failed && differ(text.data, name) == 0)
            found = value;
        skip_value(&value);
    } while (skip_char(&value, ','));
    return found;
}

/* An array index has no sign and no leading zero (RFC 6901, section 4). */
static struct json_cursor element_of(struct json_cursor value, const char *token)
{
    size_t digits = strspn(token, "0123456789");
    bool is_index = digits && token[digits] == '\0' && digits <= 9 && (token[0] != '0' || digits == 1);
    if (!is_index || !skip_char(&value, '[') || skip_char(&value, ']'))
        return (struct json_cursor){0};
    for (unsigned long i = strtoul(token, NULL, 10); i > 0; i--) {
        skip_value(&value);
        if (!skip_char(&value, ','))
            return (struct json_cursor){0};
    }
    skip_space(&value);
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
    skip_value(&value);
    size_t length = (size_t)(value.at - begin);
    /* All at once: it may be a secret, and growing leaves copies. Decoding never makes a string longer. */
    if (!text_reserve(&text, length))
        return NULL;
    if (*begin == '"')
        add_string(&text, begin);
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

bool json_is_begun(const char *text)
{
    text += strspn(text, " \t\r\n");
    return *text == '{' || *text == '[';
}

bool json_ends_in_string(const char *text)
{
    bool inside = false;
    for (; *text; text++)
        if (inside && *text == '\\' && text[1])
            text++;
        else if (*text == '"')
            inside = !inside;
    return inside;
}

void json_add_escaped(struct text *out, const char *string)
{
    for (const char *at = string; *at; at++)
        if (*at == '"' || *at == '\\')
            text_format(out, "\\%c", *at);
        else if ((unsigned char)*at < ' ')
            text_format(out, "\\u%04x", (unsigned)*at);
        else
            text_add_bytes(out, at, 1);
}
