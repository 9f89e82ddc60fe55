/* A recursive-descent parser for libconfig's grammar. What it accepts goes into the text token by token; if a
 * token isn't what must come, it records that and goes on as if it were, or without it. */
#include "config/grammar.h"

#include "base/cleanup.h"
#include "base/names.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define EXAMPLE "endpoints = ( { name = \"orders\"; url = \"https://…\"; warm = 20; } );"

enum {
    MISTAKES_MAX = 20, /* in a file; more wouldn't help */
    DEPTH_MAX = 60,    /* of brackets; no configuration needs more than five */
};

struct parser {
    const struct tokens *tokens;
    struct source *source;
    struct mistakes *mistakes;
    const struct token *at;
    struct source_place written; /* where the last text was written */
    struct source_place quotes;  /* where wrong quotes were last reported */
    const char *key;             /* of the current setting; NULL: none */
    unsigned n_mistakes;
    unsigned muted;
    unsigned depth;
    unsigned groups; /* open ones */
    unsigned lists;
    bool lost;    /* the rest can't be read */
    bool damaged; /* something in the current group was left out */
    bool no_memory;
    struct repair repair;
};

static bool is_told(const struct parser *parser, struct source_place place)
{
    for (size_t i = parser->mistakes->n; i-- > 0;) {
        const struct mistake *known = &parser->mistakes->items[i];
        if (known->line == place.line && !known->warning && !known->alone &&
            strcmp(known->file, place.file) == 0)
            return true;
    }
    return false;
}

/* What follows a mistake on its line is often a consequence of it, so each line gets one, except for mistakes
 * that stand alone. Returns the new one, or NULL. */
__attribute__((format(printf, 4, 5))) static struct mistake *complain(struct parser *parser,
                                                                      struct source_place place,
                                                                      unsigned column, const char *format,
                                                                      ...)
{
    va_list args;
    parser->n_mistakes++;
    if (parser->lost || is_told(parser, place))
        return NULL;
    va_start(args, format);
    struct mistake *mistake = mistakes_record(parser->mistakes, place.file, place.line, false, format, args);
    va_end(args);
    if (mistake)
        mistake->column = column;
    parser->no_memory |= !mistake;
    parser->lost |= parser->n_mistakes >= MISTAKES_MAX;
    return mistake;
}

#define complain_at(parser, token, ...) complain(parser, (token)->place, (token)->column, __VA_ARGS__)
#define complain_after(parser, token, ...) complain(parser, (token)->place, (token)->end_column, __VA_ARGS__)
#define complain_here(parser, ...) complain_at(parser, (parser)->at, __VA_ARGS__)

/* Gives up on the rest, after a mistake that was just recorded. */
static void lose(struct parser *parser)
{
    parser->lost = true;
    parser->at = &parser->tokens->items[parser->tokens->n - 1];
}

static bool is(const struct parser *parser, enum token_kind kind)
{
    return parser->at->kind == kind;
}

static bool is_sign(const struct parser *parser, enum token_kind kind, char sign)
{
    return parser->at->kind == kind && parser->at->sign == sign;
}

static const struct token *next(const struct parser *parser)
{
    return parser->at->kind == TOKEN_END ? parser->at : parser->at + 1;
}

static bool is_same_line(struct source_place a, struct source_place b)
{
    return a.line == b.line && a.file == b.file;
}

/* Writes TEXT, which may be a string of several lines, as if it stood at PLACE. */
static void write_text(struct parser *parser, struct source_place place, const char *text)
{
    if (parser->muted)
        return;
    if (is_same_line(place, parser->written))
        text_add(&parser->source->text, " ");
    else
        source_begin_line(parser->source, place);
    for (const char *newline; (newline = strchr(text, '\n')); text = newline + 1) {
        text_add_bytes(&parser->source->text, text, (size_t)(newline - text));
        place.line++;
        source_begin_line(parser->source, place);
    }
    text_add(&parser->source->text, text);
    parser->written = place;
}

/* Writes TEXT where the last one ended. libconfig takes a string in a list to stand where the token after it
 * stands, because another string might follow: so commas and brackets after it don't begin a line. */
static void write_here(struct parser *parser, const char *text)
{
    write_text(parser, parser->written.file ? parser->written : parser->at->place, text);
}

/* Notes that what is read at PLACE, or only the value of KEY, may be incomplete or not what was meant. */
static void doubt_key(struct parser *parser, struct source_place place, const char *key)
{
    struct repair *repair = &parser->repair;
    struct doubt *grown = reallocarray(repair->doubtful, repair->n_doubtful + 1, sizeof *grown);
    parser->no_memory |= !grown;
    if (!grown)
        return;
    repair->doubtful = grown;
    grown[repair->n_doubtful] = (struct doubt){place, key ? strdup(key) : NULL};
    parser->no_memory |= key && !grown[repair->n_doubtful].key;
    repair->n_doubtful++;
}

static void doubt(struct parser *parser, struct source_place place)
{
    doubt_key(parser, place, NULL);
}

/* Records what is wrong with the current token itself; wrong quotes once a line. */
static void complain_of_token(struct parser *parser, const char *problem)
{
    const struct token *token = parser->at;
    bool quotes = token->obvious == OBVIOUS_QUOTES;
    struct mistake *mistake = NULL;
    if (!quotes || !is_same_line(token->place, parser->quotes))
        mistake = complain_at(parser, token, "%s", problem);
    if (quotes)
        parser->quotes = token->place;
    if (token->obvious && mistake)
        mistake->alone = true;
    doubt_key(parser, token->place, token->obvious ? parser->key : NULL);
}

/* Passes a token and records what is wrong with the token itself. */
static void pass(struct parser *parser)
{
    const char *problem = token_problem(parser->tokens, parser->at);
    if (problem)
        complain_of_token(parser, problem);
    if (parser->at->kind != TOKEN_END && !parser->lost)
        parser->at++;
    if (parser->lost)
        lose(parser);
}

/* The same, and writes it. */
static void take(struct parser *parser)
{
    write_text(parser, parser->at->place, token_text(parser->tokens, parser->at));
    pass(parser);
}

/* Skips a token that must not be there. */
static void drop(struct parser *parser, const char *why)
{
    if (!parser->at->problem)
        complain_here(parser, "%s", why);
    parser->damaged |= !is(parser, TOKEN_COMMA) && !is(parser, TOKEN_SEMICOLON);
    pass(parser);
}

/* Blames the end of the previous token. */
static void missing(struct parser *parser, const char *what)
{
    const struct token *before = parser->at > parser->tokens->items ? parser->at - 1 : parser->at;
    complain_after(parser, before, "%s", what);
}

/* Passes what may follow a setting. */
static void pass_separator(struct parser *parser)
{
    if (is(parser, TOKEN_SEMICOLON) || is(parser, TOKEN_COMMA))
        pass(parser);
}

static void parse_value(struct parser *parser);
static void parse_settings(struct parser *parser);

/* Skips brackets with everything in them, or one token. */
static void skip_one(struct parser *parser)
{
    unsigned depth = 0;
    parser->damaged = true;
    do {
        if (is(parser, TOKEN_OPEN))
            depth++;
        if (is(parser, TOKEN_CLOSE))
            depth--;
        pass(parser);
    } while (depth > 0 && !is(parser, TOKEN_END));
}

/* Skips what can't be read, up to where a setting may begin: after a semicolon, or before the end of the
 * group. */
static void skip_setting(struct parser *parser)
{
    while (!is(parser, TOKEN_END) && !is(parser, TOKEN_CLOSE) && !is(parser, TOKEN_SEMICOLON)) {
        if (is(parser, TOKEN_NAME) && next(parser)->kind == TOKEN_EQUALS)
            return;
        skip_one(parser);
    }
    if (is(parser, TOKEN_SEMICOLON))
        pass(parser);
}

/* The settings of a group, after its {. */
static void parse_inside(struct parser *parser, const struct token *open)
{
    bool damaged_around = parser->damaged;
    parser->damaged = false;
    parser->groups++;
    parse_settings(parser);
    parser->groups--;
    if (!is_sign(parser, TOKEN_CLOSE, '}'))
        parser->damaged = true;
    if (parser->damaged)
        doubt(parser, open->place);
    parser->damaged = damaged_around;
}

static void parse_group(struct parser *parser)
{
    const struct token *open = parser->at;
    take(parser);
    parse_inside(parser, open);
    if (is_sign(parser, TOKEN_CLOSE, '}')) {
        take(parser);
        return;
    }
    if (is(parser, TOKEN_END) && !parser->lost)
        complain_at(parser, open, "this { is not closed: } is missing");
    write_here(parser, "}");
}

/* Passes a list's separator; records one that isn't a comma, or is an extra comma. */
static void parse_comma(struct parser *parser, bool after_value)
{
    if (is(parser, TOKEN_SEMICOLON)) {
        bool closes = next(parser)->kind == TOKEN_CLOSE;
        drop(parser, closes ? "the last value of a list has no ; after it"
                            : "the values of a list are separated by commas, not by ;");
        if (is(parser, TOKEN_COMMA))
            pass(parser);
        return;
    }
    if (!after_value)
        drop(parser, "extra comma");
    else if (next(parser)->kind == TOKEN_CLOSE && next(parser)->sign != '}')
        drop(parser, "the last value of a list has no comma after it");
    else
        pass(parser);
}

static bool begins_value(const struct parser *parser)
{
    return is(parser, TOKEN_STRING) || is(parser, TOKEN_INTEGER) || is(parser, TOKEN_LONG) ||
           is(parser, TOKEN_FLOAT) || is(parser, TOKEN_BOOLEAN) || is(parser, TOKEN_OPEN);
}

/* Parses a setting where a group must be: its { is missing. */
static void parse_bare_group(struct parser *parser)
{
    complain_here(parser, "{ is missing before this: a list has groups { }");
    write_text(parser, parser->at->place, "{");
    parse_inside(parser, parser->at);
    if (is_sign(parser, TOKEN_CLOSE, '}'))
        pass(parser);
    write_here(parser, "}");
}

/* Parses a list's value, after a COMMA or as the first one. Returns whether there was one, which is then
 * written. */
static bool parse_element(struct parser *parser, bool comma)
{
    bool bare = is(parser, TOKEN_NAME) && next(parser)->kind == TOKEN_EQUALS;
    if (comma && (bare || begins_value(parser)))
        write_here(parser, ",");
    if (begins_value(parser)) {
        parse_value(parser);
        return true;
    }
    if (bare) {
        parse_bare_group(parser);
        return true;
    }
    if (is(parser, TOKEN_DASH)) {
        complain_here(parser, "this looks like YAML: write a list as ( value, value )");
        lose(parser);
    } else {
        drop(parser, "expected a value here");
    }
    return false;
}

/* Whether the value is of the kind that the array's FIRST value sets. */
static bool is_kind(struct parser *parser, enum token_kind first)
{
    if (parser->at->kind != first)
        complain_here(parser, "the values in an array [ ] must be of one type (a list ( ) may mix them)");
    return parser->at->kind == first;
}

/* Clears *ARRAY if the values are not all of one type. */
static void parse_elements(struct parser *parser, bool *array)
{
    bool after_value = false, any = false;
    enum token_kind first = parser->at->kind;
    while (!is(parser, TOKEN_END)) {
        if (is(parser, TOKEN_CLOSE))
            return;
        if (is(parser, TOKEN_COMMA) || is(parser, TOKEN_SEMICOLON)) {
            parse_comma(parser, after_value);
            after_value = false;
            continue;
        }
        if (after_value)
            missing(parser, "a comma is missing after this");
        if (*array && !is_kind(parser, first))
            *array = false;
        after_value = parse_element(parser, any);
        any |= after_value;
    }
}

static void parse_list(struct parser *parser)
{
    const struct token *open = parser->at, *inside = next(parser);
    bool array = open->sign == '[';
    char closing = array ? ']' : ')';
    if (array && (inside->kind == TOKEN_OPEN || inside->kind == TOKEN_NAME)) {
        complain_at(parser, open, "a list of groups takes ( ), not [ ]");
        array = false;
    }
    write_text(parser, open->place, array ? "[" : "(");
    size_t written = parser->source->text.length;
    pass(parser);
    parser->lists++;
    parse_elements(parser, &array);
    parser->lists--;
    if (!parser->muted && !array && !parser->source->text.failed)
        parser->source->text.data[written - 1] = '(';
    if (is(parser, TOKEN_CLOSE) && parser->at->sign != '}') {
        if (parser->at->sign != closing)
            complain_here(parser, "close %c with %c, not with %c", open->sign, closing, parser->at->sign);
        pass(parser);
    } else if (!parser->lost) {
        complain_at(parser, open, "this %c is not closed: %c is missing", open->sign, closing);
    }
    write_here(parser, array ? "]" : ")");
}

/* Parses a value, which must be there. */
static void parse_value(struct parser *parser)
{
    if (++parser->depth > DEPTH_MAX) {
        complain_here(parser, "brackets are nested too deeply");
        lose(parser);
    } else if (is(parser, TOKEN_STRING)) {
        while (is(parser, TOKEN_STRING))
            take(parser);
    } else if (is_sign(parser, TOKEN_OPEN, '{')) {
        parse_group(parser);
    } else if (is(parser, TOKEN_OPEN)) {
        parse_list(parser);
    } else {
        take(parser);
    }
    parser->depth--;
}

/* Whether the group has this key already, among its KEYS, which name their tokens. */
static bool is_duplicate(struct parser *parser, struct names *keys)
{
    const struct token *items = parser->tokens->items;
    const char *name = token_text(parser->tokens, parser->at);
    size_t known = names_find(keys, name);
    if (known == NAMES_NONE) {
        parser->no_memory |= names_put(keys, name, (size_t)(parser->at - items)) < 0;
        return false;
    }
    struct source_place first = items[known].place;
    if (first.file == parser->at->place.file)
        complain_here(parser, "%s appears twice in the same group, first on line %u", name, first.line);
    else
        complain_here(parser, "%s appears twice in the same group, first at %s:%u", name, first.file,
                      first.line);
    return true;
}

static bool is_key(const struct parser *parser, const struct token *name, const char *key)
{
    return strcmp(token_text(parser->tokens, name), key) == 0;
}

/* Handles what follows a name that has no =. True: a value follows. */
static bool parse_missing_equals(struct parser *parser, const struct token *name)
{
    const char *text = token_text(parser->tokens, name);
    doubt(parser, name->place);
    if (begins_value(parser) && is_key(parser, name, "include")) {
        complain_at(parser, name, "write @include \"FILE\" on a line of its own");
        return true;
    }
    if (begins_value(parser)) {
        complain_after(parser, name, "= is missing after %s", text);
        return true;
    }
    if (parser->at->kind == TOKEN_NAME || parser->at->kind == TOKEN_DASH)
        complain_at(parser, name, "'%s' is not expected here: a setting is name = value;", text);
    else
        complain_after(parser, name, "%s has no value: a setting is name = value;", text);
    return false;
}

/* Looks for other formats where a value must be. */
static bool is_yaml_block(const struct parser *parser, const struct token *equals)
{
    bool block = parser->at->kind == TOKEN_DASH ||
                 (is(parser, TOKEN_NAME) && next(parser)->kind == TOKEN_EQUALS && next(parser)->sign == ':');
    return equals->sign == ':' && block && parser->at->place.line != equals->place.line;
}

static void parse_setting_value(struct parser *parser, const struct token *name, const struct token *equals)
{
    if (begins_value(parser)) {
        parse_value(parser);
        return;
    }
    if (is_yaml_block(parser, equals)) {
        complain(parser, equals->place, name->column,
                 is_key(parser, name, "endpoints")
                     ? "this looks like YAML; write " EXAMPLE
                     : "this looks like YAML; write a group as %s = { name = value; };",
                 token_text(parser->tokens, name));
        lose(parser);
        return;
    }
    complain_after(parser, equals, "a value is missing after %s =", token_text(parser->tokens, name));
    doubt(parser, equals->place);
    write_here(parser, "0");
    if (!is(parser, TOKEN_NAME) && !is(parser, TOKEN_SEMICOLON) && !is(parser, TOKEN_COMMA) &&
        !is(parser, TOKEN_CLOSE))
        skip_setting(parser);
}

static void parse_setting(struct parser *parser, struct names *keys)
{
    const struct token *name = parser->at;
    const char *key_around = parser->key;
    bool again = !name->problem && is_duplicate(parser, keys);
    const struct token *after = next(parser);
    bool unknown = name->problem || (after->kind != TOKEN_EQUALS &&
                                     !(after->kind >= TOKEN_STRING && after->kind <= TOKEN_OPEN));
    bool muted = again || unknown;
    parser->muted += muted;
    parser->damaged |= unknown; /* what is there twice is not missing */
    parser->key = name->problem ? NULL : token_text(parser->tokens, name);
    take(parser);
    const struct token *equals = parser->at;
    bool has_value = true;
    if (is(parser, TOKEN_EQUALS))
        pass(parser);
    else
        has_value = parse_missing_equals(parser, name);
    if (has_value) {
        write_here(parser, "=");
        parse_setting_value(parser, name, equals);
    }
    pass_separator(parser);
    write_here(parser, ";");
    parser->muted -= muted;
    parser->key = key_around;
}

/* A key in quotes, as in JSON. */
static void parse_quoted_key(struct parser *parser)
{
    complain_here(parser, "write a key without quotes: name = value;");
    parser->muted++;
    parser->damaged = true;
    pass(parser);
    pass(parser);
    if (begins_value(parser))
        parse_value(parser);
    pass_separator(parser);
    parser->muted--;
}

/* A section as in TOML or an INI file. */
static bool is_section(const struct parser *parser)
{
    return is_sign(parser, TOKEN_OPEN, '[') && parser->groups == 0 && parser->lists == 0;
}

/* Words after a ; that begins its line. */
static bool is_ini_comment(const struct parser *parser)
{
    const struct token *before = parser->at - 1;
    return is(parser, TOKEN_SEMICOLON) &&
           (parser->at == parser->tokens->items || !is_same_line(before->place, parser->at->place)) &&
           next(parser)->kind == TOKEN_NAME && is_same_line(next(parser)->place, parser->at->place) &&
           parser->at[2].kind != TOKEN_EQUALS;
}

static void skip_ini_comment(struct parser *parser)
{
    struct source_place place = parser->at->place;
    complain_here(parser, "a comment starts with # or //, or is /* … */");
    while (!is(parser, TOKEN_END) && is_same_line(parser->at->place, place))
        parser->at++;
}

/* Handles what stands where a key must. False: the group ends here, as far as it can be read. */
static bool parse_other(struct parser *parser)
{
    const char *sign = parser->at->sign == ';' ? "extra ;" : "extra comma";
    if (is(parser, TOKEN_COMMA) && parser->lists > 0 && next(parser)->kind == TOKEN_OPEN &&
        parser->groups > 0) {
        missing(parser, "} is missing after this");
        return false;
    }
    if (is_ini_comment(parser)) {
        skip_ini_comment(parser);
    } else if (is(parser, TOKEN_SEMICOLON) || is(parser, TOKEN_COMMA)) {
        drop(parser, sign);
    } else if (is(parser, TOKEN_STRING) && next(parser)->kind == TOKEN_EQUALS) {
        parse_quoted_key(parser);
    } else if (is_sign(parser, TOKEN_OPEN, '{') && parser->lists > 0) {
        missing(parser, "} is missing after this");
        return false;
    } else if (is_section(parser)) {
        complain_here(parser, "this looks like TOML; write a group as daemon = { name = value; };");
        lose(parser);
    } else if (is(parser, TOKEN_DASH)) {
        complain_here(parser, "this looks like YAML; write name = value;");
        lose(parser);
    } else {
        drop(parser, "expected a key here: name = value;");
        skip_setting(parser);
    }
    return true;
}

static bool parse_close(struct parser *parser)
{
    if (parser->groups > 0 && (parser->at->sign == '}' || parser->lists > 0)) {
        if (parser->at->sign != '}')
            missing(parser, "} is missing after this");
        return false;
    }
    complain_here(parser, "this %c closes nothing", parser->at->sign);
    pass(parser);
    pass_separator(parser);
    return true;
}

/* Parses settings up to what closes the group, but not that. */
static void parse_settings(struct parser *parser)
{
    __attribute__((cleanup(names_free))) struct names keys = {0};
    while (!is(parser, TOKEN_END)) {
        bool goes_on = true;
        if (is(parser, TOKEN_NAME))
            parse_setting(parser, &keys);
        else if (is(parser, TOKEN_CLOSE))
            goes_on = parse_close(parser);
        else
            goes_on = parse_other(parser);
        if (!goes_on)
            return;
    }
}

/* Whether the file is in another format altogether; records that. */
static bool is_foreign(struct parser *parser)
{
    const struct token *first = parser->at, *second = next(parser);
    const char *format = NULL;
    if (first->kind == TOKEN_OPEN && first->sign == '{' &&
        ((second->kind == TOKEN_STRING && second[1].kind == TOKEN_EQUALS) || second->kind == TOKEN_END ||
         second->kind == TOKEN_CLOSE))
        format = "JSON";
    else if (first->kind == TOKEN_OPEN && first->sign == '[')
        format = second->kind == TOKEN_OPEN && second->sign == '{' ? "JSON" : "TOML";
    else if (first->kind == TOKEN_DASH)
        format = "YAML";
    if (!format)
        return false;
    complain_at(parser, first, "this looks like %s; write " EXAMPLE, format);
    lose(parser);
    return true;
}

void repair_free(struct repair *repair)
{
    for (size_t i = 0; i < repair->n_doubtful; i++)
        free(repair->doubtful[i].key);
    free(repair->doubtful);
    *repair = (struct repair){0};
}

int grammar_write(const struct tokens *tokens, struct source *source, struct mistakes *mistakes,
                  struct repair *ret_repair)
{
    struct parser parser = {.tokens = tokens, .source = source, .mistakes = mistakes, .at = tokens->items};
    if (!is_foreign(&parser))
        parse_settings(&parser);
    text_add(&source->text, "\n");
    parser.repair.whole = !parser.lost;
    *ret_repair = parser.repair;
    if (parser.no_memory || source->failed || source->text.failed)
        return -ENOMEM;
    return parser.n_mistakes > 0;
}
