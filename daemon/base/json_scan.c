#include "base/json_scan.h"

#include <stdint.h>
#include <string.h>

enum { HEX_DIGITS = 4 };

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

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

void json_skip_space(struct json_cursor *cursor)
{
    while (cursor->at < cursor->end && *cursor->at && strchr(" \t\r\n", *cursor->at))
        cursor->at++;
}

bool json_skip_char(struct json_cursor *cursor, char c)
{
    json_skip_space(cursor);
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

bool json_skip_string(struct json_cursor *cursor)
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
        return json_skip_string(cursor);
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
    if (!json_skip_char(cursor, '"'))
        return fail(cursor, "a member's name is missing");
    cursor->at--;
    if (!json_skip_string(cursor))
        return false;
    return json_skip_char(cursor, ':') || fail(cursor, "no colon after a member's name");
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
    bool object = json_skip_char(cursor, '{');
    *ret_whole = true;
    if (!object && !json_skip_char(cursor, '['))
        return skip_scalar(cursor);
    if (levels->depth == JSON_DEPTH_MAX)
        return fail(cursor, "more than 10000 levels");
    if (json_skip_char(cursor, object ? '}' : ']'))
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

bool json_skip_value(struct json_cursor *cursor)
{
    struct levels levels = {0};
    for (;;) {
        bool whole;
        if (!skip_begin(cursor, &levels, &whole))
            return false;
        while (whole) {
            if (levels.depth == 0)
                return true;
            if (json_skip_char(cursor, ',')) {
                if (in_object(&levels) && !skip_name(cursor))
                    return false;
                break;
            }
            if (!json_skip_char(cursor, in_object(&levels) ? '}' : ']'))
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

void json_add_string(struct text *out, const char *quoted)
{
    for (const char *at = quoted + 1; *at != '"';) {
        size_t plain = strcspn(at, "\"\\");
        text_add_bytes(out, at, plain);
        at += plain;
        if (*at == '\\')
            at = add_escape(out, at + 1);
    }
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
