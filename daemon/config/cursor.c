#include "config/cursor.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define DIGITS "0123456789"
#define HEX_DIGITS DIGITS "abcdefABCDEF"

char cursor_peek(const struct cursor *cursor, size_t ahead)
{
    if ((size_t)(cursor->end - cursor->at) <= ahead)
        return '\0';
    return cursor->at[ahead];
}

bool cursor_sees(const struct cursor *cursor, size_t ahead, const char *word)
{
    size_t length = strlen(word), left = (size_t)(cursor->end - cursor->at);
    return left >= ahead + length && memcmp(cursor->at + ahead, word, length) == 0;
}

size_t cursor_line_length(const struct cursor *cursor)
{
    const char *newline = memchr(cursor->at, '\n', (size_t)(cursor->end - cursor->at));
    return (size_t)((newline ? newline : cursor->end) - cursor->at);
}

/* How many bytes from AHEAD on are all in SET. */
static size_t span(const struct cursor *cursor, size_t ahead, const char *set)
{
    size_t n = 0;
    for (char c; (c = cursor_peek(cursor, ahead + n)) && strchr(set, c);)
        n++;
    return n;
}

/* The length of `@include "` with the blanks before it, or 0 if it isn't next. It counts only at the start of
 * a line. */
static size_t include_length(const struct cursor *cursor)
{
    size_t length = span(cursor, 0, " \t");
    if (cursor->at != cursor->line_start || !cursor_sees(cursor, length, "@include"))
        return 0;
    length += strlen("@include");
    size_t blanks = span(cursor, length, " \t");
    return blanks > 0 && cursor_peek(cursor, length + blanks) == '"' ? length + blanks + 1 : 0;
}

int cursor_include(const struct cursor *cursor, size_t *ret_length, char **ret_include)
{
    CLEANUP_TEXT struct text name = {0};
    size_t at = include_length(cursor);
    if (at == 0)
        return 0;
    for (char c; (c = cursor_peek(cursor, at)) && c != '"' && c != '\n'; at++) {
        if (c == '\\' && (cursor_peek(cursor, at + 1) == '\\' || cursor_peek(cursor, at + 1) == '"'))
            at++;
        text_add_bytes(&name, cursor->at + at, 1);
    }
    if (cursor_peek(cursor, at) != '"')
        return 0;
    char *taken = text_take(&name);
    if (!taken)
        return -ENOMEM;
    *ret_length = at + 1;
    *ret_include = taken;
    return 1;
}

static size_t exponent_length(const struct cursor *cursor, size_t ahead)
{
    char c = cursor_peek(cursor, ahead), sign = cursor_peek(cursor, ahead + 1);
    size_t signs = sign == '-' || sign == '+';
    size_t digits = c == 'e' || c == 'E' ? span(cursor, ahead + 1 + signs, DIGITS) : 0;
    return digits ? 1 + signs + digits : 0;
}

/* The number of this kind and length, unless letters follow at once. */
static struct number end_number(const struct cursor *cursor, enum number_kind kind, size_t length)
{
    size_t whole = length;
    while (isalnum((unsigned char)cursor_peek(cursor, whole)))
        whole++;
    return (struct number){.kind = whole > length ? NUMBER_WITH_UNIT : kind, .length = whole};
}

/* An integer of N digits after PREFIX bytes. */
static struct number end_integer(const struct cursor *cursor, size_t prefix, size_t n, unsigned base)
{
    const char *digits = cursor->at + prefix;
    size_t suffix = cursor_peek(cursor, prefix + n) != 'L'       ? 0
                    : cursor_peek(cursor, prefix + n + 1) == 'L' ? 2
                                                                 : 1;
    struct number number = end_number(cursor, NUMBER_INTEGER, prefix + n + suffix);
    int64_t value = 0;
    if (number.kind == NUMBER_INTEGER && base == 10 && n > 1 && digits[0] == '0')
        number.kind = NUMBER_WITH_ZERO;
    for (size_t i = 0; i < n; i++) {
        char c = digits[i];
        int digit = isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
        if (__builtin_mul_overflow(value, (int64_t)base, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            value = INT64_MAX;
            break;
        }
    }
    bool is_long = suffix > 0 || value > INT32_MAX;
    if (number.kind == NUMBER_INTEGER && is_long)
        number.kind = NUMBER_LONG;
    snprintf(number.text, sizeof number.text, "%s%" PRId64 "%s", *cursor->at == '-' ? "-" : "", value,
             is_long ? "L" : "");
    return number;
}

struct number cursor_number(const struct cursor *cursor)
{
    size_t hex = cursor_peek(cursor, 0) == '0' && (cursor_peek(cursor, 1) | 0x20) == 'x'
                     ? span(cursor, 2, HEX_DIGITS)
                     : 0;
    if (hex > 0)
        return end_integer(cursor, 2, hex, 16);
    size_t sign = cursor_peek(cursor, 0) == '-' || cursor_peek(cursor, 0) == '+';
    size_t whole = span(cursor, sign, DIGITS), length = sign + whole;
    bool has_point = cursor_peek(cursor, length) == '.'; /* "." is a number, too: 0 */
    if (has_point)
        length += 1 + span(cursor, length + 1, DIGITS);
    size_t exponent = has_point || whole ? exponent_length(cursor, length) : 0;
    if (has_point || exponent)
        return end_number(cursor, NUMBER_FLOAT, length + exponent);
    return whole > 0 ? end_integer(cursor, sign, whole, 10) : (struct number){NUMBER_NONE, length, ""};
}
