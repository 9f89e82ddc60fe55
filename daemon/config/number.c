#include "config/number.h"

#include "base/encode.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HEX_DIGITS DIGITS "abcdefABCDEF"

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

struct number number_of(const char *text, size_t length)
{
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = text + (is_hex ? 2 : *text == '-' || *text == '+');
    size_t n = strspn(digits, is_hex ? HEX_DIGITS : DIGITS), rest = 0;
    if (!is_hex && digits[n] == '.') /* "." is a number, too: 0 */
        rest = 1 + strspn(digits + n + 1, DIGITS);
    if (!is_hex && n + rest > 0)
        rest += exponent_length(digits + n + rest);
    if (rest > 0)
        return (struct number){digits + n + rest == text + length ? NUMBER_FLOAT : NUMBER_NONE, ""};
    bool starts_with_zero = !is_hex && n > 1 && digits[0] == '0';
    size_t suffix = strspn(digits + n, "L");
    if (n == 0 || starts_with_zero || suffix > 2 || digits + n + suffix != text + length)
        return (struct number){0};
    return integer(*text == '-', digits, n, is_hex ? 16 : 10, suffix > 0);
}
