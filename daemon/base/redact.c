#include "base/redact.h"

#include "base/encode.h"
#include "base/secret.h"

#include <string.h>
#include <strings.h>

enum { HEX = 16, DECIMAL = 10, LONGEST = 12 }; /* \ud83d\ude00 */

/* A UTF-8 character, or one byte that isn't part of any. */
struct letter {
    uint32_t point;
    unsigned char bytes[4];
    size_t n;
};

/* A secret, or the part of its base64 that doesn't depend on what is around it. */
struct needle {
    char *text;
    size_t length;
    bool is_base64;
};

/* The letter at TEXT, which must not be at its end. */
static struct letter letter_at(const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    struct letter letter = {.point = *bytes, .n = 1};
    size_t n = utf8_sequence(bytes, &letter.point);
    if (n)
        letter.n = n;
    memcpy(letter.bytes, bytes, letter.n);
    return letter;
}

/* How many digits of BASE at TEXT, LEAST to MOST of them, spell NUMBER; 0: they don't. */
static size_t match_number(const char *text, uint32_t number, int base, size_t least, size_t most)
{
    uint32_t value = 0;
    size_t n = 0;
    for (int digit; n < most && (digit = hex_value(text[n])) >= 0 && digit < base; n++)
        value = value * (uint32_t)base + (uint32_t)digit;
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

/* How many bytes at TEXT stand for LETTER: literal, escaped as in JSON or in a programming language's string
 * (once or repeatedly), percent-encoded, or as an HTML reference. 0: they don't. AS_IS: try it literally
 * first, because a letter that begins escapes may stand there either way. */
static size_t match_encoded(const char *text, const struct letter *letter, bool as_is)
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

/* Does TEXT end within something that may stand for a letter? */
static bool is_cut_encoded(const char *text)
{
    static const char ellipsis[] = "…";
    return strcmp(text, ellipsis) == 0 || (strchr("\\%&", *text) && strnlen(text, LONGEST + 1) <= LONGEST &&
                                           !strpbrk(text, " ,;:\"'<>{}[]()"));
}

/* Long base64 is broken into lines. */
static size_t line_break(const char *text)
{
    static const struct letter feed = {'\n', {'\n'}, 1}, back = {'\r', {'\r'}, 1};
    size_t length = match_encoded(text, &back, true);
    return length + match_encoded(text + length, &feed, true);
}

/* The URL alphabet has - and _ instead of + and /. */
static size_t match_base64(const char *text, const struct letter *letter, bool as_is, bool may_break)
{
    size_t broken = may_break ? line_break(text) : 0;
    const char *at = text + broken;
    bool other = (letter->point == '+' && *at == '-') || (letter->point == '/' && *at == '_');
    size_t n = other ? 1 : match_encoded(at, letter, as_is);
    return n ? broken + n : 0;
}

/* How many bytes at AT stand for LETTER, the first or a later one of NEEDLE; 0: none. */
static size_t match_letter(const char *at, const struct letter *letter, const struct needle *needle,
                           size_t matched, bool as_is)
{
    if (needle->is_base64)
        return match_base64(at, letter, as_is, matched > 0);
    size_t n = match_encoded(at, letter, as_is), length = n;
    /* One backslash matches a whole run of them, encoded ones too. */
    while (n && letter->point == '\\') {
        n = match_encoded(at + length, letter, as_is);
        length += n;
    }
    return length;
}

/* How many bytes of TEXT match the needle, or its beginning if TEXT ends within it; 0: no match. */
static size_t match(const char *text, const struct needle *needle, bool as_is)
{
    const char *at = text;
    size_t matched = 0;
    while (matched < needle->length) {
        struct letter letter = letter_at(needle->text + matched);
        size_t n = match_letter(at, &letter, needle, matched, as_is);
        /* The last of several backslashes may belong to the letter after them. */
        if (n == 0 && at > text && at[-1] == '\\' && needle->text[matched - 1] == '\\') {
            n = match_letter(at - 1, &letter, needle, matched, as_is);
            n -= n > 0;
        }
        if (n == 0)
            break;
        at += n;
        matched += letter.n;
        while (letter.point == '\\' && needle->text[matched] == '\\')
            matched++; /* a run of any length matches a run of any length */
    }
    bool is_cut = matched >= REDACT_LEAST && (*at == '\0' || is_cut_encoded(at));
    return matched == needle->length || is_cut ? (size_t)(at - text) : 0;
}

static void hide(const char *text, size_t length, const struct needle *needle, char *hidden)
{
    char first = needle->text[0], other = first; /* base64's two alphabets differ in two characters */
    if (needle->is_base64)
        other = first == '/' ? '_' : '-';
    const char begins[] = {first, '\\', '%', '&', '+', other, '\0'};
    for (size_t at = strcspn(text, begins); at < length; at += strcspn(text + at, begins)) {
        size_t n = match(text + at, needle, true);
        if (!n)
            n = match(text + at, needle, false);
        memset(hidden + at, 1, n);
        /* If no match begins at the first of several backslashes, none begins at a later one. */
        at += n ? n : text[at] == '\\' ? strspn(text + at, "\\") : 1;
    }
}

static void add(struct redactor *redactor, char *text, size_t length, bool is_base64)
{
    struct needle *longer = reallocarray(redactor->needles, redactor->n + 1, sizeof *longer);
    if (longer)
        redactor->needles = longer;
    if (longer && text)
        redactor->needles[redactor->n++] = (struct needle){text, length, is_base64};
    else {
        secret_free(text);
        redactor->hides_all = true;
    }
}

/* Adds SECRET's base64 as it is after OFFSET bytes (0 to 2) of a group of three. */
static void add_base64(struct redactor *redactor, const char *secret, size_t length, size_t offset)
{
    CLEANUP_FREE char *shifted = malloc(offset + length + 1);
    CLEANUP_SECRET_TEXT struct text encoded = {0};
    if (!shifted || !text_reserve(&encoded, (offset + length + 2) / 3 * 4)) {
        redactor->hides_all = true;
        return;
    }
    memset(shifted, 0, offset);
    memcpy(shifted + offset, secret, length);
    base64_encode(shifted, offset + length, &encoded);
    explicit_bzero(shifted, offset + length);
    /* Leave out characters that also hold bits of its neighbours. */
    size_t first = (offset * 8 + 5) / 6, last = (offset + length) * 8 / 6;
    char *core = encoded.failed || last <= first ? NULL : strndup(encoded.data + first, last - first);
    add(redactor, core, core ? last - first : 0, true);
}

void redactor_add(struct redactor *redactor, const char *secret)
{
    size_t length = secret ? strlen(secret) : 0;
    if (length == 0)
        return;
    if (length < REDACT_LEAST) {
        redactor->hides_all = true;
        return;
    }
    add(redactor, strdup(secret), length, false);
    for (size_t offset = 0; offset < 3; offset++)
        add_base64(redactor, secret, length, offset);
}

void redactor_free(struct redactor *redactor)
{
    for (size_t i = 0; i < redactor->n; i++)
        secret_free(redactor->needles[i].text);
    free(redactor->needles);
    *redactor = (struct redactor){0};
}

void redactor_apply(const struct redactor *redactor, char *text)
{
    size_t length = text ? strlen(text) : 0;
    if (length == 0 || redactor->n == 0)
        return;
    /* Find all before overwriting any: they may overlap. */
    CLEANUP_FREE char *hidden = calloc(1, length);
    for (size_t i = 0; hidden && i < redactor->n; i++)
        hide(text, length, &redactor->needles[i], hidden);
    for (size_t at = 0; at < length; at++)
        if (!hidden || hidden[at])
            text[at] = '*';
}

void redact_secret(char *text, const char *secret)
{
    struct redactor redactor = {0};
    redactor_add(&redactor, secret);
    redactor_apply(&redactor, text);
    if (redactor.hides_all && text)
        *text = '\0';
    redactor_free(&redactor);
}
