#include "config/cursor.h"

#include "base/encode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
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

/* The length of `@include "` with the blanks before it, or 0 if it isn't next. It counts only at the start of
 * a line. */
static size_t include_length(const struct cursor *cursor)
{
    size_t length = strspn(cursor->at, " \t");
    if (cursor->at != cursor->line_start || !cursor_sees(cursor, length, "@include"))
        return 0;
    length += strlen("@include");
    size_t blanks = strspn(cursor->at + length, " \t");
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

static size_t exponent_length(const char *at)
{
    if (*at != 'e' && *at != 'E')
        return 0;
    size_t sign = at[1] == '-' || at[1] == '+', digits = strspn(at + 1 + sign, DIGITS);
    return digits ? 1 + sign + digits : 0;
}

static struct number integer(bool is_negative, const char *digits, size_t n, int base, bool is_long)
{
    struct number number = {.kind = NUMBER_LONG};
    int64_t value = 0;
    for (size_t i = 0; i < n; i++)
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, hex_value(digits[i]), &value)) {
            value = INT64_MAX;
            break;
        }
    if (!is_long && value <= INT32_MAX)
        number.kind = NUMBER_INTEGER;
    snprintf(number.text, sizeof number.text, "%s%" PRId64 "%s", is_negative ? "-" : "", value,
             number.kind == NUMBER_LONG ? "L" : "");
    return number;
}

struct number cursor_number(const struct cursor *cursor, size_t length)
{
    const char *at = cursor->at;
    bool is_hex = at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
    const char *digits = at + (is_hex ? 2 : *at == '-' || *at == '+');
    size_t n = strspn(digits, is_hex ? HEX_DIGITS : DIGITS), rest = 0;
    if (!is_hex && digits[n] == '.') /* "." is a number, too: 0 */
        rest = 1 + strspn(digits + n + 1, DIGITS);
    if (!is_hex && n + rest > 0)
        rest += exponent_length(digits + n + rest);
    if (rest > 0)
        return (struct number){digits + n + rest == at + length ? NUMBER_FLOAT : NUMBER_NONE, ""};
    bool starts_with_zero = !is_hex && n > 1 && digits[0] == '0';
    size_t suffix = strspn(digits + n, "L");
    if (n == 0 || starts_with_zero || suffix > 2 || digits + n + suffix != at + length)
        return (struct number){0};
    return integer(*at == '-', digits, n, is_hex ? 16 : 10, suffix > 0);
}
