#include "config/lexer.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static void flush_newlines(struct lexer *lexer)
{
    while (lexer->held_newlines > 0) {
        lexer->held_newlines--;
        source_begin_line(
            lexer->source,
            (struct source_place){lexer->cursor.place.file, lexer->cursor.place.line - lexer->held_newlines});
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
    put(lexer, lexer->cursor.at, length);
    lexer->cursor.at += length;
}

static int fail(struct lexer *lexer, unsigned line, const char *what)
{
    mistakes_add(lexer->mistakes, lexer->cursor.place.file, line, "%s", what);
    return -EINVAL;
}

static void skip_newline(struct lexer *lexer)
{
    lexer->cursor.at++;
    lexer->cursor.place.line++;
    lexer->held_newlines++;
}

static void skip_blanks(struct lexer *lexer)
{
    while (cursor_peek(&lexer->cursor, 0) && strchr(" \t\r\f", *lexer->cursor.at))
        lexer->cursor.at++;
    source_add(lexer->source, " ", 1);
}

static int skip_block_comment(struct lexer *lexer)
{
    unsigned began = lexer->cursor.place.line;
    source_add(lexer->source, " ", 1);
    for (lexer->cursor.at += 2; lexer->cursor.at < lexer->cursor.end;) {
        if (cursor_sees(&lexer->cursor, 0, "*/")) {
            lexer->cursor.at += 2;
            return 0;
        }
        if (*lexer->cursor.at == '\n')
            skip_newline(lexer);
        else
            lexer->cursor.at++;
    }
    return fail(lexer, began, "this comment is not closed");
}

/* Copies a string as it is: its escapes are up to libconfig. */
static int take_string(struct lexer *lexer)
{
    unsigned began = lexer->cursor.place.line;
    for (put_next(lexer, 1); lexer->cursor.at < lexer->cursor.end;) {
        char c = *lexer->cursor.at;
        if (cursor_sees(&lexer->cursor, 0, "\\x00") || cursor_sees(&lexer->cursor, 0, "\\X00"))
            return fail(lexer, lexer->cursor.place.line, "a string can't contain a NUL byte (x00)");
        if (c == '\n') {
            skip_newline(lexer);
            flush_newlines(lexer);
            continue;
        }
        put_next(lexer, c == '\\' && (cursor_peek(&lexer->cursor, 1) == '\\' ||
                                      cursor_peek(&lexer->cursor, 1) == '"')
                            ? 2
                            : 1);
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
    while (isalnum((unsigned char)cursor_peek(&lexer->cursor, length)) ||
           (cursor_peek(&lexer->cursor, length) && strchr("-_*", cursor_peek(&lexer->cursor, length))))
        length++;
    put_next(lexer, length);
}

/* libconfig doesn't know a plus before a number, so it is left out: 1+5 mustn't become 15. */
static void part_from_before(struct lexer *lexer)
{
    const struct text *text = &lexer->source->text;
    if (*lexer->cursor.at == '+' && text->length > 0 && isalnum((unsigned char)text->data[text->length - 1]))
        source_add(lexer->source, " ", 1);
}

static int take_number(struct lexer *lexer)
{
    struct number number = cursor_number(&lexer->cursor);
    int shown = number.length > 40 ? 40 : (int)number.length;
    switch (number.kind) {
    case NUMBER_WITH_UNIT:
        mistakes_add(lexer->mistakes, lexer->cursor.place.file, lexer->cursor.place.line,
                     "%.*s needs quotes: \"%.*s\"", shown, lexer->cursor.at, shown, lexer->cursor.at);
        return -EINVAL;
    case NUMBER_WITH_ZERO:
        return fail(lexer, lexer->cursor.place.line, "a number can't start with 0");
    case NUMBER_INTEGER:
    case NUMBER_LONG:
        part_from_before(lexer);
        put(lexer, number.text, strlen(number.text));
        lexer->cursor.at += number.length;
        return 0;
    default:
        put_next(lexer, number.length);
        return 0;
    }
}

static int take_include(struct lexer *lexer, size_t length)
{
    lexer->cursor.at += length;
    lexer->cursor.at_line_start = false;
    lexer->after_string = false;
    flush_newlines(lexer);
    return 1;
}

static int take_token(struct lexer *lexer)
{
    char c = *lexer->cursor.at;
    if (strchr(" \t\r\f", c))
        skip_blanks(lexer);
    else if (c == '#' || cursor_sees(&lexer->cursor, 0, "//"))
        lexer->cursor.at += cursor_line_length(&lexer->cursor);
    else if (cursor_sees(&lexer->cursor, 0, "/*"))
        return skip_block_comment(lexer);
    else if (c == '"')
        return take_string(lexer);
    else if (is_name_start(c))
        take_name(lexer);
    else if (strchr("0123456789+-.", c))
        return take_number(lexer);
    else if (c == '@') /* left alone it might begin a line once comments are gone */
        return fail(lexer, lexer->cursor.place.line,
                    "@ is only allowed in @include \"FILE\" at the start of a line");
    else if (strchr(")]", c) && lexer->after_comma) /* 1.7 takes it, 1.5 does not */
        return fail(lexer, lexer->cursor.place.line, "the last value of a list has no comma after it");
    else
        put_next(lexer, 1);
    return 0;
}

int lexer_run(struct lexer *lexer, char **ret_include)
{
    while (lexer->cursor.at < lexer->cursor.end) {
        size_t include = 0;
        int result = cursor_include(&lexer->cursor, &include, ret_include);
        if (result == -EINVAL)
            return fail(lexer, lexer->cursor.place.line, "this @include is not closed");
        if (result != 0)
            return result < 0 ? result : take_include(lexer, include);
        bool newline = *lexer->cursor.at == '\n';
        if (newline)
            skip_newline(lexer);
        else
            result = take_token(lexer);
        if (result < 0)
            return result;
        lexer->cursor.at_line_start = newline;
    }
    flush_newlines(lexer);
    return 0;
}
