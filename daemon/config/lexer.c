#include "config/lexer.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static bool looking_at(const struct lexer *lexer, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(lexer->end - lexer->at) >= length && memcmp(lexer->at, word, length) == 0;
}

static char peek(const struct lexer *lexer, size_t ahead)
{
    if ((size_t)(lexer->end - lexer->at) <= ahead)
        return '\0';
    return lexer->at[ahead];
}

/* How many bytes from AHEAD on are all in SET. There is no NUL in the text. */
static size_t span(const struct lexer *lexer, size_t ahead, const char *set)
{
    size_t n = 0;
    for (char c = peek(lexer, ahead); c && strchr(set, c); c = peek(lexer, ahead + n))
        n++;
    return n;
}

static void flush_newlines(struct lexer *lexer)
{
    while (lexer->held_newlines > 0) {
        lexer->held_newlines--;
        source_begin_line(lexer->source,
                          (struct source_place){lexer->place.file, lexer->place.line - lexer->held_newlines});
    }
}

/* Appends a token. libconfig takes a string in a list to stand where the next token is, because another
 * string might follow; so that token goes before the newlines between the two. */
static void put(struct lexer *lexer, const char *bytes, size_t length)
{
    bool closes = length == 1 && strchr(",)]", bytes[0]);
    if (!(lexer->after_string && closes))
        flush_newlines(lexer);
    source_add(lexer->source, bytes, length);
    lexer->after_string = false;
    lexer->after_comma = length == 1 && bytes[0] == ',';
}

static void put_next(struct lexer *lexer, size_t length)
{
    put(lexer, lexer->at, length);
    lexer->at += length;
}

static int fail(struct lexer *lexer, unsigned line, const char *what)
{
    mistakes_add(lexer->mistakes, lexer->place.file, line, "%s", what);
    return -EINVAL;
}

static void skip_newline(struct lexer *lexer)
{
    lexer->at++;
    lexer->place.line++;
    lexer->held_newlines++;
}

static void skip_blanks(struct lexer *lexer)
{
    lexer->at += span(lexer, 0, " \t\r\f");
    source_add(lexer->source, " ", 1);
}

static void skip_line_comment(struct lexer *lexer)
{
    const char *newline = memchr(lexer->at, '\n', (size_t)(lexer->end - lexer->at));
    lexer->at = newline ? newline : lexer->end;
}

static int skip_block_comment(struct lexer *lexer)
{
    unsigned began = lexer->place.line;
    source_add(lexer->source, " ", 1);
    for (lexer->at += 2; lexer->at < lexer->end;) {
        if (looking_at(lexer, "*/")) {
            lexer->at += 2;
            return 0;
        }
        if (*lexer->at == '\n')
            skip_newline(lexer);
        else
            lexer->at++;
    }
    return fail(lexer, began, "this comment is not closed");
}

/* Copies a string as it is: its escapes are up to libconfig. */
static int take_string(struct lexer *lexer)
{
    unsigned began = lexer->place.line;
    for (put_next(lexer, 1); lexer->at < lexer->end;) {
        char c = *lexer->at;
        if (looking_at(lexer, "\\x00") || looking_at(lexer, "\\X00"))
            return fail(lexer, lexer->place.line, "a string can't contain a NUL byte (x00)");
        if (c == '\n') {
            skip_newline(lexer);
            flush_newlines(lexer);
            continue;
        }
        put_next(lexer, c == '\\' && (peek(lexer, 1) == '\\' || peek(lexer, 1) == '"') ? 2 : 1);
        if (c == '"') {
            lexer->after_string = true;
            return 0;
        }
    }
    return fail(lexer, began, "this string is not closed");
}

static bool is_name_start(char c)
{
    return isalpha((unsigned char)c) || c == '*';
}

static void take_name(struct lexer *lexer)
{
    size_t length = 1;
    while (isalnum((unsigned char)peek(lexer, length)) ||
           (peek(lexer, length) && strchr("-_*", peek(lexer, length))))
        length++;
    put_next(lexer, length);
}

#define DIGITS "0123456789"
#define HEX_DIGITS DIGITS "abcdefABCDEF"

static size_t exponent_length(const struct lexer *lexer, size_t ahead)
{
    char c = peek(lexer, ahead);
    if (c != 'e' && c != 'E')
        return 0;
    size_t sign = peek(lexer, ahead + 1) == '-' || peek(lexer, ahead + 1) == '+';
    size_t digits = span(lexer, ahead + 1 + sign, DIGITS);
    return digits ? 1 + sign + digits : 0;
}

/* Appends the integer DIGITS in BASE, with the L that libconfig wants if it doesn't fit 32 bits; one that
 * doesn't fit 64 becomes the largest, which no key accepts either. */
static void put_integer(struct lexer *lexer, bool negative, const char *digits, size_t n, unsigned base,
                        bool is_long)
{
    int64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        char c = digits[i];
        int digit = isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
        if (__builtin_mul_overflow(value, (int64_t)base, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            value = INT64_MAX;
            break;
        }
    }
    char number[32];
    int length = snprintf(number, sizeof number, "%s%" PRId64 "%s", negative ? "-" : "", value,
                          is_long || value > INT32_MAX ? "L" : "");
    put(lexer, number, (size_t)length);
}

/* A letter right after a number is a unit that someone forgot to quote. */
static int check_number_end(struct lexer *lexer, size_t length)
{
    size_t word = length;
    while (isalnum((unsigned char)peek(lexer, word)))
        word++;
    if (word == length)
        return 0;
    int shown = word > 40 ? 40 : (int)word;
    mistakes_add(lexer->mistakes, lexer->place.file, lexer->place.line, "%.*s needs quotes: \"%.*s\"", shown,
                 lexer->at, shown, lexer->at);
    return -EINVAL;
}

static int take_integer(struct lexer *lexer, size_t prefix, size_t digits, unsigned base)
{
    size_t suffix = peek(lexer, prefix + digits) != 'L' ? 0 : peek(lexer, prefix + digits + 1) == 'L' ? 2 : 1;
    size_t length = prefix + digits + suffix;
    int result = check_number_end(lexer, length);
    if (result < 0)
        return result;
    const char *first = lexer->at + prefix;
    if (base == 10 && digits > 1 && *first == '0')
        return fail(lexer, lexer->place.line, "a number can't start with 0");
    put_integer(lexer, *lexer->at == '-', first, digits, base, suffix > 0);
    lexer->at += length;
    return 0;
}

static int take_number(struct lexer *lexer)
{
    if (peek(lexer, 0) == '0' && (peek(lexer, 1) | 0x20) == 'x' && span(lexer, 2, HEX_DIGITS) > 0)
        return take_integer(lexer, 2, span(lexer, 2, HEX_DIGITS), 16);
    size_t sign = peek(lexer, 0) == '-' || peek(lexer, 0) == '+';
    size_t whole = span(lexer, sign, DIGITS), length = sign + whole;
    bool has_point = peek(lexer, length) == '.';
    if (has_point)
        length += 1 + span(lexer, length + 1, DIGITS);
    size_t exponent = has_point || whole ? exponent_length(lexer, length) : 0;
    if (!has_point && exponent == 0 && whole > 0)
        return take_integer(lexer, sign, whole, 10);
    length += exponent;
    int result = has_point || exponent ? check_number_end(lexer, length) : 0;
    if (result == 0)
        put_next(lexer, length);
    return result;
}

/* The length of `@include "` with the blanks before it, or 0 if it isn't next. It counts only at the start of
 * a line. */
static size_t include_length(const struct lexer *lexer)
{
    struct lexer ahead = *lexer;
    if (!lexer->at_line_start)
        return 0;
    ahead.at += span(&ahead, 0, " \t");
    if (!looking_at(&ahead, "@include"))
        return 0;
    ahead.at += strlen("@include");
    size_t blanks = span(&ahead, 0, " \t");
    if (blanks == 0 || peek(&ahead, blanks) != '"')
        return 0;
    return (size_t)(ahead.at - lexer->at) + blanks + 1;
}

int lexer_include(const struct lexer *lexer, size_t *ret_length, char **ret_include)
{
    CLEANUP_TEXT struct text name = {0};
    struct lexer ahead = *lexer;
    size_t length = include_length(lexer);
    if (length == 0)
        return 0;
    for (ahead.at += length; ahead.at < ahead.end && *ahead.at != '"' && *ahead.at != '\n'; ahead.at++) {
        if (*ahead.at == '\\' && (peek(&ahead, 1) == '\\' || peek(&ahead, 1) == '"'))
            ahead.at++;
        text_add_bytes(&name, ahead.at, 1);
    }
    *ret_length = (size_t)(ahead.at - lexer->at) + 1;
    if (peek(&ahead, 0) != '"')
        return -EINVAL;
    char *taken = text_take(&name);
    if (!taken)
        return -ENOMEM;
    *ret_include = taken;
    return 1;
}

static int take_include(struct lexer *lexer, size_t length)
{
    lexer->at += length;
    lexer->at_line_start = false;
    lexer->after_string = false;
    flush_newlines(lexer);
    return 1;
}

static int take_token(struct lexer *lexer)
{
    char c = *lexer->at;
    if (strchr(" \t\r\f", c))
        skip_blanks(lexer);
    else if (c == '#' || looking_at(lexer, "//"))
        skip_line_comment(lexer);
    else if (looking_at(lexer, "/*"))
        return skip_block_comment(lexer);
    else if (c == '"')
        return take_string(lexer);
    else if (is_name_start(c))
        take_name(lexer);
    else if (strchr(DIGITS "+-.", c))
        return take_number(lexer);
    else if (c == '@') /* left alone it might begin a line once comments are gone */
        return fail(lexer, lexer->place.line,
                    "@ is only allowed in @include \"FILE\" at the start of a line");
    else if (strchr(")]", c) && lexer->after_comma) /* 1.7 takes it, 1.5 does not */
        return fail(lexer, lexer->place.line, "the last value of a list has no comma after it");
    else
        put_next(lexer, 1);
    return 0;
}

int lexer_run(struct lexer *lexer, char **ret_include)
{
    while (lexer->at < lexer->end) {
        size_t include = 0;
        int result = lexer_include(lexer, &include, ret_include);
        if (result == -EINVAL)
            return fail(lexer, lexer->place.line, "this @include is not closed");
        if (result != 0)
            return result < 0 ? result : take_include(lexer, include);
        bool newline = *lexer->at == '\n';
        if (newline)
            skip_newline(lexer);
        else
            result = take_token(lexer);
        if (result < 0)
            return result;
        lexer->at_line_start = newline;
    }
    flush_newlines(lexer);
    return 0;
}
