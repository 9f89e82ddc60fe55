#include "base/encoded.h"

#include "base/cleanup.h"

#include <string.h>
#include <strings.h>

enum { HEX = 16, DECIMAL = 10, LONGEST = 12 }; /* \ud83d\ude00 */

struct letter letter_at(const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t n = bytes[0] >> 5 == 6 ? 2 : bytes[0] >> 4 == 14 ? 3 : bytes[0] >> 3 == 30 ? 4 : 1;
    uint32_t point = n == 1 ? bytes[0] : bytes[0] & (0xffU >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if (bytes[i] >> 6 != 2)
            return (struct letter){bytes[0], {bytes[0]}, 1};
        point = point << 6 | (bytes[i] & 0x3f);
    }
    struct letter letter = {.point = point, .n = n};
    memcpy(letter.bytes, bytes, n);
    return letter;
}

static int digit_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : HEX;
}

/* How many digits of BASE at TEXT, LEAST to MOST of them, spell NUMBER; 0: they don't. */
static size_t match_number(const char *text, uint32_t number, int base, size_t least, size_t most)
{
    uint32_t value = 0;
    size_t n = 0;
    for (; n < most && digit_value(text[n]) < base; n++)
        value = value * (uint32_t)base + (uint32_t)digit_value(text[n]);
    return n >= least && value == number ? n : 0;
}

/* &quot; &#34; &#x22;, also double-encoded: &amp;quot; */
static size_t match_reference(const char *text, uint32_t point)
{
    static const struct {
        const char *name;
        char character;
    } names[] = {{"quot;", '"'}, {"lt;", '<'}, {"gt;", '>'}, {"apos;", '\''}};
    static const char again[] = "amp;";
    size_t at = 1;
    if (*text != '&')
        return 0;
    while (strncmp(text + at, again, strlen(again)) == 0)
        at += strlen(again);
    if (point == '&' && at > 1)
        return 1 + strlen(again); /* what follows may belong to the secret */
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (point == (unsigned char)names[i].character &&
            strncmp(text + at, names[i].name, strlen(names[i].name)) == 0)
            return at + strlen(names[i].name);
    if (text[at] != '#')
        return 0;
    bool hex = text[at + 1] == 'x' || text[at + 1] == 'X';
    at += hex ? 2 : 1;
    size_t n = match_number(text + at, point, hex ? HEX : DECIMAL, 1, 8);
    return n && text[at + n] == ';' ? at + n + 1 : 0;
}

/* %c3, also double-encoded: %25c3 */
static size_t match_percent(const char *text, uint32_t byte)
{
    size_t n = 1;
    if (*text != '%')
        return 0;
    while (!match_number(text + n, byte, HEX, 2, 2) && strncmp(text + n, "25", 2) == 0)
        n += 2;
    size_t digits = match_number(text + n, byte, HEX, 2, 2);
    return digits ? n + digits : 0;
}

/* How many bytes at TEXT are backslashes, literal or percent-encoded. */
static size_t span_slashes(const char *text)
{
    size_t length = 0;
    for (size_t n = 1; n; length += n)
        n = text[length] == '\\' ? 1 : match_percent(text + length, '\\');
    return length;
}

/* \u00e9, \u{e9}, \xe9, \351, \U000000e9, each from the letter or digit on */
static size_t match_numbered_escape(const char *at, uint32_t point)
{
    size_t n = 0;
    if (*at == 'u' && at[1] == '{')
        return (n = match_number(at + 2, point, HEX, 1, 8)) && at[2 + n] == '}' ? n + 3 : 0;
    if (*at == 'u' && point > 0xffff) {
        uint32_t high = 0xd800 + ((point - 0x10000) >> 10), low = 0xdc00 + ((point - 0x10000) & 0x3ff);
        bool both = match_number(at + 1, high, HEX, 4, 4) && (n = span_slashes(at + 5)) && at[5 + n] == 'u' &&
                    match_number(at + 6 + n, low, HEX, 4, 4);
        return both ? 5 + n + 5 : 0;
    }
    size_t digits = *at == 'u' ? 4 : *at == 'U' ? 8 : *at == 'x' ? 2 : 0;
    if (digits)
        return (n = match_number(at + 1, point, HEX, digits, digits)) ? n + 1 : 0;
    return match_number(at, point, 8, 3, 3);
}

/* An escape, however often its backslash was escaped in turn. */
static size_t match_escape(const char *text, uint32_t point)
{
    static const char names[] = "bfnrtv0e", meanings[] = "\b\f\n\r\t\v\0\033";
    size_t slashes = span_slashes(text);
    const char *at = text + slashes;
    if (slashes == 0)
        return 0;
    size_t n = match_numbered_escape(at, point);
    if (n)
        return slashes + n;
    if (point == '\\')
        return slashes;
    const char *name = *at ? strchr(names, *at) : NULL;
    if (name && point == (unsigned char)meanings[name - names])
        return slashes + 1;
    if (point == 0 || point >= 0x80 || !strchr("\"/'`$&<>", (char)point))
        return 0;
    n = (char)point == *at ? 1 : match_reference(at, point);
    if (!n)
        n = match_percent(at, point);
    return n ? slashes + n : 0;
}

static size_t match_byte(const char *text, unsigned char byte, bool as_is)
{
    bool same = (unsigned char)*text == byte;
    if (same && as_is)
        return 1;
    size_t n = match_percent(text, byte);
    if (!n && byte >= 0x80)
        n = match_escape(text, byte);
    return n ? n : same;
}

static size_t match_bytes(const char *text, const struct letter *letter, bool as_is)
{
    size_t length = 0;
    for (size_t i = 0; i < letter->n; i++) {
        size_t n = text[length] ? match_byte(text + length, letter->bytes[i], as_is) : 0;
        if (n == 0)
            return 0;
        length += n;
    }
    /* One backslash matches a whole run of them. */
    return letter->point == '\\' && *text == '\\' ? strspn(text, "\\") : length;
}

size_t encoded_match(const char *text, const struct letter *letter, bool as_is)
{
    size_t n = as_is ? match_bytes(text, letter, true) : 0;
    if (!n)
        n = match_escape(text, letter->point);
    if (!n)
        n = match_reference(text, letter->point);
    if (!n && letter->point == ' ' && *text == '+')
        n = 1;
    return n || as_is ? n : match_bytes(text, letter, false);
}

bool encoded_is_cut(const char *text)
{
    static const char ellipsis[] = "…";
    return strcmp(text, ellipsis) == 0 || (strchr("\\%&", *text) && strnlen(text, LONGEST + 1) <= LONGEST &&
                                           !strpbrk(text, " ,;:\"'<>{}[]()"));
}
