#include "config/scan.h"

#include "base/cleanup.h"
#include "config/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

enum { SHOWN = 60 /* bytes of a token in a message */ };

static const char delimiters[] = ";,{}()[]\"\n";

void tokens_free(struct tokens *tokens)
{
    free(tokens->items);
    text_free(&tokens->texts);
    *tokens = (struct tokens){0};
}

const char *token_text(const struct tokens *tokens, const struct token *token)
{
    return tokens->texts.data + token->text;
}

const char *token_problem(const struct tokens *tokens, const struct token *token)
{
    return token->problem ? tokens->texts.data + token->problem : NULL;
}

/* Keeps BYTES with a NUL after them; returns their offset, which is never 0. */
static size_t keep(struct tokens *tokens, const char *bytes, size_t length)
{
    if (tokens->texts.length == 0)
        text_add_bytes(&tokens->texts, "", 1);
    size_t offset = tokens->texts.length;
    text_add_bytes(&tokens->texts, bytes, length);
    text_add_bytes(&tokens->texts, "", 1);
    return offset;
}

/* Never NULL. */
static struct token *add(struct tokens *tokens, struct token token)
{
    size_t n = tokens->n;
    if ((n & (n - 1)) == 0) {
        struct token *grown = reallocarray(tokens->items, n ? 2 * n : 1, sizeof *grown);
        if (!grown) {
            tokens->failed = true;
            return &tokens->spare;
        }
        tokens->items = grown;
    }
    tokens->n++;
    tokens->items[n] = token;
    return &tokens->items[n];
}

void tokens_end(struct tokens *tokens, struct source_place place)
{
    add(tokens, (struct token){.kind = TOKEN_END, .place = place, .text = keep(tokens, "", 0)});
    tokens->failed |= tokens->texts.failed;
}

static char peek(const struct scanner *scanner, size_t ahead)
{
    return scanner->cursor.at[ahead];
}

static bool looking_at(const struct scanner *scanner, size_t ahead, const char *word)
{
    return text_starts_with(scanner->cursor.at + ahead, word);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f';
}

static bool is_delimiter(char c)
{
    return c == '\0' || strchr(delimiters, c);
}

static bool is_name_character(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("-_*", c));
}

static void skip(struct scanner *scanner, size_t length)
{
    for (size_t i = 0; i < length; i++, scanner->cursor.at++)
        if (*scanner->cursor.at == '\n') {
            scanner->cursor.place.line++;
            scanner->cursor.line_start = scanner->cursor.at + 1;
        }
}

/* Adds a token for the next LENGTH bytes, which stands for TEXT, and moves past them. */
static struct token *take(struct scanner *scanner, enum token_kind kind, size_t length, const char *text,
                          size_t text_length)
{
    unsigned column = (unsigned)(scanner->cursor.at - scanner->cursor.line_start) + 1;
    const char *newline = memchr(scanner->cursor.at, '\n', length);
    struct token token = {.kind = kind,
                          .sign = *scanner->cursor.at,
                          .place = scanner->cursor.place,
                          .column = column,
                          .end_column =
                              column + (unsigned)(newline ? newline - scanner->cursor.at : (ptrdiff_t)length),
                          .text = keep(scanner->tokens, text, text_length)};
    skip(scanner, length);
    return add(scanner->tokens, token);
}

static struct token *take_as_is(struct scanner *scanner, enum token_kind kind, size_t length)
{
    return take(scanner, kind, length, scanner->cursor.at, length);
}

/* Notes what is wrong with TOKEN. */
__attribute__((format(printf, 4, 5))) static void wrong(struct scanner *scanner, struct token *token,
                                                        enum obvious obvious, const char *format, ...)
{
    struct text *texts = &scanner->tokens->texts;
    va_list args;
    token->obvious = obvious;
    token->problem = texts->length;
    va_start(args, format);
    text_formatv(texts, format, args);
    va_end(args);
    text_add_bytes(texts, "", 1);
}

/* How much of LENGTH bytes a message shows. */
static int shown(size_t length)
{
    return (int)(length < SHOWN ? length : SHOWN);
}

/* Adds a token for BYTES as a libconfig string, in quotes. */
static struct token *take_quoted(struct scanner *scanner, size_t length, const char *bytes, size_t n)
{
    CLEANUP_TEXT struct text text = {0};
    text_add(&text, "\"");
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '"' || bytes[i] == '\\')
            text_add(&text, "\\");
        text_add_bytes(&text, bytes + i, 1);
    }
    text_add(&text, "\"");
    scanner->tokens->failed |= text.failed;
    return take(scanner, TOKEN_STRING, length, text.data ? text.data : "", text.length);
}

static const struct token *last(const struct scanner *scanner)
{
    return scanner->tokens->n ? &scanner->tokens->items[scanner->tokens->n - 1] : NULL;
}

static bool in_list(const struct scanner *scanner)
{
    return scanner->depth > 0 && scanner->depth <= sizeof scanner->open &&
           scanner->open[scanner->depth - 1] != '{';
}

/* Whether a value comes next, if all is well. */
static bool wants_value(const struct scanner *scanner)
{
    const struct token *before = last(scanner);
    if (!before)
        return false;
    bool after_name = before->kind == TOKEN_NAME && strchr("0123456789+-.", *scanner->cursor.at);
    return before->kind == TOKEN_EQUALS || after_name || in_list(scanner);
}

/* Whether the name at AHEAD is that of a setting: what follows is = or :, but not a URL's. */
static bool is_setting_name(const struct scanner *scanner, size_t ahead)
{
    size_t length = ahead;
    if (!isalpha((unsigned char)peek(scanner, ahead)) && peek(scanner, ahead) != '*')
        return false;
    while (is_name_character(peek(scanner, length)))
        length++;
    while (is_blank(peek(scanner, length)))
        length++;
    return peek(scanner, length) == '=' ||
           (peek(scanner, length) == ':' && !looking_at(scanner, length, "://") &&
            !isdigit((unsigned char)peek(scanner, length + 1)));
}

static bool is_comment(const struct scanner *scanner, size_t ahead)
{
    return peek(scanner, ahead) == '#' || looking_at(scanner, ahead, "//") ||
           looking_at(scanner, ahead, "/*");
}

/* The length of an unquoted value, up to a delimiter, a comment or a blank; or, if it is known to be wrong,
 * the next setting. */
static size_t unquoted_length(const struct scanner *scanner)
{
    size_t length = 0, next = 0;
    for (;;) {
        while (!is_delimiter(peek(scanner, next)) && !is_blank(peek(scanner, next)) &&
               !is_comment(scanner, next))
            next += looking_at(scanner, next, "://") ? 3 : 1;
        length = next;
        while (is_blank(peek(scanner, next)))
            next++;
        if (!scanner->guesses || next == length || is_delimiter(peek(scanner, next)) ||
            is_comment(scanner, next) || peek(scanner, next) == '=' || is_setting_name(scanner, next))
            return length;
    }
}

/* Whether a number among the LENGTH bytes, all digits and signs, begins with 0. */
static bool has_leading_zero(const char *bytes, size_t length)
{
    if (!isdigit((unsigned char)bytes[length - 1]) || strspn(bytes, "0123456789+-") < length)
        return false;
    for (size_t i = 0; i + 1 < length; i++)
        if (bytes[i] == '0' && isdigit((unsigned char)bytes[i + 1]) &&
            (i == 0 || !isdigit((unsigned char)bytes[i - 1])))
            return true;
    return false;
}

/* The number that the LENGTH bytes are, as every libconfig reads it. False: they aren't one. */
static bool take_number(struct scanner *scanner, size_t length)
{
    struct number number = number_of(scanner->cursor.at, length);
    if (has_leading_zero(scanner->cursor.at, length))
        wrong(scanner, take(scanner, TOKEN_INTEGER, length, "0", 1), OBVIOUS_NOTHING,
              "a number can't start with 0");
    else if (number.kind == NUMBER_FLOAT)
        take_as_is(scanner, TOKEN_FLOAT, length);
    else if (number.kind != NUMBER_NONE)
        take(scanner, number.kind == NUMBER_LONG ? TOKEN_LONG : TOKEN_INTEGER, length, number.text,
             strlen(number.text));
    else
        return false;
    return true;
}

static bool is_word(const char *bytes, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(bytes, word, length) == 0;
}

static bool is_one_of(const char *bytes, size_t length, const char *const words[3])
{
    return is_word(bytes, length, words[0]) || is_word(bytes, length, words[1]) ||
           is_word(bytes, length, words[2]);
}

/* A variable as in shells. False: there is none. */
static bool take_variable(struct scanner *scanner)
{
    const char *at = scanner->cursor.at;
    size_t length = 1;
    if (*at != '$' || !(isalpha((unsigned char)peek(scanner, 1)) || peek(scanner, 1) == '{'))
        return false;
    while (is_name_character(peek(scanner, length)) || (length == 1 && at[1] == '{') ||
           (at[1] == '{' && peek(scanner, length) == ':'))
        length++;
    length += at[1] == '{' && peek(scanner, length) == '}';
    struct token *token = take_quoted(scanner, length, at, length);
    wrong(scanner, token, OBVIOUS_WORD, "%.*s isn't replaced here: write the value itself", shown(length),
          at);
    return true;
}

/* A number with _ between its digits. False: it isn't one. */
static bool take_grouped_number(struct scanner *scanner, size_t length)
{
    char digits[9 + 1]; /* of what fits into 32 bits */
    const char *at = scanner->cursor.at;
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        if (at[i] == '_')
            continue;
        if (!isdigit((unsigned char)at[i]) || n + 1 >= sizeof digits || (n == 0 && at[i] == '0'))
            return false;
        digits[n++] = at[i];
    }
    wrong(scanner, take(scanner, TOKEN_INTEGER, length, digits, n), OBVIOUS_WORD,
          "%.*s is not a number: write it without _", shown(length), at);
    return true;
}

/* A word where a value stands. */
static void take_unquoted(struct scanner *scanner, size_t length)
{
    static const char *const on[] = {"yes", "on", "y"}, *const off[] = {"no", "off", "n"},
                             *const nothing[] = {"null", "none", "nil"};
    const char *word = scanner->cursor.at;
    int n = shown(length);
    bool is_on = is_one_of(word, length, on), is_off = is_one_of(word, length, off);
    struct token *token = is_on    ? take(scanner, TOKEN_BOOLEAN, length, "true", 4)
                          : is_off ? take(scanner, TOKEN_BOOLEAN, length, "false", 5)
                                   : take_quoted(scanner, length, word, length);
    if (is_on || is_off)
        wrong(scanner, token, OBVIOUS_WORD, "%.*s is not a value: write %s (or \"%.*s\", if it is text)", n,
              word, is_on ? "true" : "false", n, word);
    else if (is_one_of(word, length, nothing))
        wrong(scanner, token, OBVIOUS_NOTHING,
              "%.*s is not a value: leave the key out (or write \"%.*s\", if it is text)", n, word, n, word);
    else
        wrong(scanner, token, OBVIOUS_WORD, "%.*s needs quotes: \"%.*s\"", n, word, n, word);
}

static void take_value(struct scanner *scanner)
{
    size_t length = unquoted_length(scanner);
    if (is_word(scanner->cursor.at, length, "true") || is_word(scanner->cursor.at, length, "false")) {
        take_as_is(scanner, TOKEN_BOOLEAN, length);
        return;
    }
    bool numeric = strchr("0123456789+-.", *scanner->cursor.at);
    if (take_variable(scanner) || (numeric && take_number(scanner, length)) ||
        (numeric && take_grouped_number(scanner, length)))
        return;
    take_unquoted(scanner, length);
}

/* The quotes that aren't ", each with what may close it. */
static const struct quote {
    const char *opens;
    const char *closes[3];
} quotes[] = {
    {"'", {"'"}},
    {"`", {"`", "'"}},
    {"\xe2\x80\x9c", {"\xe2\x80\x9d", "\xe2\x80\x9c", "\""}}, /* “ ” */
    {"\xe2\x80\x9d", {"\xe2\x80\x9d", "\xe2\x80\x9c", "\""}},
    {"\xe2\x80\x9e", {"\xe2\x80\x9c", "\xe2\x80\x9d", "\""}}, /* „ “ */
    {"\xe2\x80\x98", {"\xe2\x80\x99", "\xe2\x80\x98", "'"}},  /* ‘ ’ */
    {"\xe2\x80\x99", {"\xe2\x80\x99", "\xe2\x80\x98", "'"}},
    {"\xe2\x80\x9a", {"\xe2\x80\x98", "\xe2\x80\x99", "'"}}, /* ‚ ‘ */
    {"\xc2\xab", {"\xc2\xbb"}},                              /* « » */
    {"\xc2\xbb", {"\xc2\xab"}},
    {"\xe2\x80\xb3", {"\xe2\x80\xb3"}}, /* ″ */
};

static const struct quote *quote_at(const struct scanner *scanner, size_t ahead)
{
    for (size_t i = 0; i < COUNT_OF(quotes); i++)
        if (looking_at(scanner, ahead, quotes[i].opens))
            return &quotes[i];
    return NULL;
}

/* Length of the quote at AHEAD that closes QUOTE; 0: there is none. */
static size_t closing_length(const struct scanner *scanner, size_t ahead, const struct quote *quote)
{
    for (size_t i = 0; i < COUNT_OF(quote->closes) && quote->closes[i]; i++)
        if (looking_at(scanner, ahead, quote->closes[i]))
            return strlen(quote->closes[i]);
    return 0;
}

static void take_other_quotes(struct scanner *scanner, const struct quote *quote)
{
    size_t opening = strlen(quote->opens), length = opening, closing = 0;
    for (; peek(scanner, length) && peek(scanner, length) != '\n'; length++)
        if ((closing = closing_length(scanner, length, quote)))
            break;
    if (!closing) /* the quote alone, up to what follows it */
        for (length = opening; !is_delimiter(peek(scanner, length)); length++)
            continue;
    const char *text = scanner->cursor.at + opening;
    size_t n = length - opening;
    bool is_ascii = (unsigned char)quote->opens[0] < 0x80;
    wrong(scanner, take_quoted(scanner, length + closing, text, n),
          closing > 0 ? OBVIOUS_QUOTES : OBVIOUS_NOTHING,
          is_ascii ? "write strings in double quotes: \"%.*s\""
                   : "these quotes are not ASCII: write \"%.*s\"",
          shown(n), text);
}

/* The offset of the quote that closes the string, or where the text ends. */
static size_t string_end(const struct scanner *scanner, bool *ret_has_nul)
{
    size_t ahead = 1;
    *ret_has_nul = false;
    for (char c; (c = peek(scanner, ahead)) && c != '"'; ahead++) {
        *ret_has_nul |= looking_at(scanner, ahead, "\\x00") || looking_at(scanner, ahead, "\\X00");
        if (c == '\\' && (peek(scanner, ahead + 1) == '\\' || peek(scanner, ahead + 1) == '"'))
            ahead++;
    }
    return ahead;
}

/* Whether what precedes the closing quote at CLOSE looks as if that quote opened a string: "name =", "(". */
static bool ends_before_value(const struct scanner *scanner, size_t close)
{
    size_t at = close;
    while (at > 1 && is_blank(scanner->cursor.at[at - 1]))
        at--;
    if (at > 1 && strchr("([", scanner->cursor.at[at - 1]))
        for (at--; at > 1 && is_blank(scanner->cursor.at[at - 1]);)
            at--;
    if (at <= 1 || !strchr("=:", scanner->cursor.at[at - 1]))
        return false;
    for (at--; at > 1 && is_blank(scanner->cursor.at[at - 1]);)
        at--;
    return at > 1 && is_name_character(scanner->cursor.at[at - 1]);
}

/* Whether what stands at AHEAD may follow a string. */
static bool may_follow_string(const struct scanner *scanner, size_t ahead)
{
    while (is_blank(peek(scanner, ahead)) || peek(scanner, ahead) == '\n')
        ahead++;
    return is_delimiter(peek(scanner, ahead)) || is_comment(scanner, ahead) ||
           is_setting_name(scanner, ahead);
}

/* Where a string that isn't closed was meant to end: before the ; of its line, or with it. */
static size_t meant_end(const struct scanner *scanner)
{
    size_t ahead = 1;
    for (char c; (c = peek(scanner, ahead)) && c != '\n'; ahead++) {
        char next = peek(scanner, ahead + 1);
        if (strchr(";,", c) && (is_blank(next) || is_delimiter(next)))
            return ahead;
    }
    while (ahead > 1 && is_blank(scanner->cursor.at[ahead - 1]))
        ahead--;
    return ahead;
}

static void take_unclosed_string(struct scanner *scanner)
{
    size_t end = meant_end(scanner);
    const struct quote *other = NULL;
    size_t at = 1;
    for (; at < end && !other; at++)
        if ((unsigned char)scanner->cursor.at[at] >= 0x80)
            other = quote_at(scanner, at);
    struct token *token = take_quoted(scanner, end, scanner->cursor.at + 1, (other ? at - 1 : end) - 1);
    wrong(scanner, token, OBVIOUS_NOTHING, "%s",
          other ? "this string is not closed: the quote at its end is not ASCII"
                : "this string is not closed");
}

static void take_string(struct scanner *scanner)
{
    bool has_nul = false;
    size_t close = string_end(scanner, &has_nul);
    bool over_lines = memchr(scanner->cursor.at, '\n', close);
    if (peek(scanner, close) != '"' || (scanner->guesses && ends_before_value(scanner, close) &&
                                        (over_lines || !may_follow_string(scanner, close + 1)))) {
        take_unclosed_string(scanner);
        return;
    }
    if (has_nul) {
        struct token *token = take(scanner, TOKEN_STRING, close + 1, "\"\"", 2);
        wrong(scanner, token, OBVIOUS_NOTHING, "a string can't contain a NUL byte (x00)");
        return;
    }
    struct token *token = take_as_is(scanner, TOKEN_STRING, close + 1);
    if (scanner->guesses && !may_follow_string(scanner, 0))
        wrong(scanner, token, OBVIOUS_NOTHING, "a quote within a string needs a backslash before it");
}

/* A name, or what was meant to be one. */
static void take_name(struct scanner *scanner)
{
    size_t length = 0;
    while (is_name_character(peek(scanner, length)))
        length++;
    size_t whole = length;
    while (!is_delimiter(peek(scanner, whole)) && !is_blank(peek(scanner, whole)) &&
           !strchr("=:", peek(scanner, whole)) && !is_comment(scanner, whole))
        whole++;
    bool right =
        whole == length && (isalpha((unsigned char)*scanner->cursor.at) || *scanner->cursor.at == '*');
    const char *name = scanner->cursor.at;
    bool boolean = is_word(name, whole, "true") || is_word(name, whole, "false");
    struct token *token = right ? take_as_is(scanner, boolean ? TOKEN_BOOLEAN : TOKEN_NAME, length)
                                : take(scanner, TOKEN_NAME, whole, "x", 1);
    if (!right)
        wrong(scanner, token, OBVIOUS_NOTHING,
              "'%.*s' can't be a key: a key has only letters, digits, _ and -, and starts with a letter",
              shown(whole), name);
}

static void take_equals(struct scanner *scanner)
{
    size_t length = 1;
    while (peek(scanner, length) && strchr("=:>", peek(scanner, length)))
        length++;
    const char *written = scanner->cursor.at;
    struct token *token = take(scanner, TOKEN_EQUALS, length, "=", 1);
    if (length > 1)
        wrong(scanner, token, OBVIOUS_WORD, "write = instead of %.*s", (int)(length > 8 ? 8 : length),
              written);
}

static void take_garbage(struct scanner *scanner)
{
    size_t length = 1;
    while (((unsigned char)peek(scanner, length) & 0xc0) == 0x80)
        length++;
    const char *bytes = scanner->cursor.at;
    bool blank = looking_at(scanner, 0, "\xc2\xa0") || looking_at(scanner, 0, "\xe2\x80\x89") ||
                 looking_at(scanner, 0, "\xe3\x80\x80") || looking_at(scanner, 0, "\xe2\x80\xaf");
    struct token *token = take_as_is(scanner, TOKEN_GARBAGE, length);
    if (blank)
        wrong(scanner, token, OBVIOUS_NOTHING,
              "this space is not ASCII (U+00A0 or similar): write an ordinary space");
    else if (*bytes == '@')
        wrong(scanner, token, OBVIOUS_NOTHING,
              "@ is only allowed in @include \"FILE\" at the start of a line");
    else
        wrong(scanner, token, OBVIOUS_NOTHING, "%.*s isn't allowed here", (int)length, bytes);
}

static void take_bracket(struct scanner *scanner)
{
    char c = *scanner->cursor.at;
    bool opens = strchr("{([", c);
    if (opens && scanner->depth < sizeof scanner->open)
        scanner->open[scanner->depth] = c;
    if (opens)
        scanner->depth++;
    else
        scanner->depth -= scanner->depth > 0;
    take_as_is(scanner, opens ? TOKEN_OPEN : TOKEN_CLOSE, 1);
}

/* Goes on after a comment. */
static void skip_comment(struct scanner *scanner)
{
    if (!looking_at(scanner, 0, "/*")) {
        scanner->cursor.at += strcspn(scanner->cursor.at, "\n");
        return;
    }
    const char *close = strstr(scanner->cursor.at + 2, "*/");
    if (close)
        skip(scanner, (size_t)(close - scanner->cursor.at) + 2);
    else
        wrong(scanner, take(scanner, TOKEN_GARBAGE, strlen(scanner->cursor.at), "", 0), OBVIOUS_NOTHING,
              "this comment is not closed");
}

static bool begins_line(const struct scanner *scanner)
{
    const char *at = scanner->cursor.at;
    while (at > scanner->cursor.line_start && is_blank(at[-1]))
        at--;
    return at == scanner->cursor.line_start;
}

/* A comment as in SQL, Lua or Haskell. */
static bool is_dash_comment(const struct scanner *scanner)
{
    return looking_at(scanner, 0, "--") && is_blank(peek(scanner, 2)) && begins_line(scanner);
}

static void take_dash_comment(struct scanner *scanner)
{
    size_t length = strcspn(scanner->cursor.at, "\n");
    wrong(scanner, take(scanner, TOKEN_GARBAGE, length, "", 0), OBVIOUS_NOTHING,
          "a comment starts with # or //, or is /* … */");
}

static bool is_yaml_dash(const struct scanner *scanner)
{
    return begins_line(scanner) && *scanner->cursor.at == '-' &&
           (is_blank(peek(scanner, 1)) || looking_at(scanner, 0, "---"));
}

static void take_token(struct scanner *scanner)
{
    char c = *scanner->cursor.at;
    const struct quote *quote = NULL;
    if (is_blank(c) || c == '\n')
        skip(scanner, 1);
    else if (is_comment(scanner, 0))
        skip_comment(scanner);
    else if (c == '"')
        take_string(scanner);
    else if (strchr("{([})]", c))
        take_bracket(scanner);
    else if (c == ',' || c == ';')
        take_as_is(scanner, c == ',' ? TOKEN_COMMA : TOKEN_SEMICOLON, 1);
    else if (c == '=' || c == ':')
        take_equals(scanner);
    else if (is_dash_comment(scanner))
        take_dash_comment(scanner);
    else if (is_yaml_dash(scanner))
        take_as_is(scanner, TOKEN_DASH, 1);
    else if ((quote = quote_at(scanner, 0)))
        take_other_quotes(scanner, quote);
    else if ((isalnum((unsigned char)c) || strchr("_+-./~$*%", c)) && wants_value(scanner) &&
             !is_setting_name(scanner, 0))
        take_value(scanner);
    else if (isalnum((unsigned char)c) || c == '_' || c == '*')
        take_name(scanner);
    else
        take_garbage(scanner);
}

/* Blanks and tabs from AHEAD on. Byte by byte: this is asked at each token of a text that may have 8 MB. */
static size_t count_blanks(const struct scanner *scanner, size_t ahead)
{
    size_t n = 0;
    while (peek(scanner, ahead + n) == ' ' || peek(scanner, ahead + n) == '\t')
        n++;
    return n;
}

/* The length of `@include "` with the blanks before it, or 0 if it isn't next. It counts only at the start of
 * a line. */
static size_t include_length(const struct scanner *scanner)
{
    if (scanner->cursor.at != scanner->cursor.line_start)
        return 0;
    size_t length = count_blanks(scanner, 0);
    if (!looking_at(scanner, length, "@include"))
        return 0;
    length += strlen("@include");
    size_t blanks = count_blanks(scanner, length);
    return blanks > 0 && peek(scanner, length + blanks) == '"' ? length + blanks + 1 : 0;
}

/* Whether an @include is next: 1: its name, owned by the caller, and how many bytes it takes; 0: none.
 * -ENOMEM. */
static int find_include(const struct scanner *scanner, size_t *ret_length, char **ret_include)
{
    CLEANUP_TEXT struct text name = {0};
    size_t at = include_length(scanner);
    if (at == 0)
        return 0;
    for (char c; (c = peek(scanner, at)) && c != '"' && c != '\n'; at++) {
        if (c == '\\' && (peek(scanner, at + 1) == '\\' || peek(scanner, at + 1) == '"'))
            at++;
        text_add_bytes(&name, scanner->cursor.at + at, 1);
    }
    if (peek(scanner, at) != '"')
        return 0;
    char *taken = text_take(&name);
    if (!taken)
        return -ENOMEM;
    *ret_length = at + 1;
    *ret_include = taken;
    return 1;
}

int scan_run(struct scanner *scanner, char **ret_include)
{
    while (*scanner->cursor.at) {
        size_t length = 0;
        int result = find_include(scanner, &length, ret_include);
        skip(scanner, length);
        if (result != 0)
            return result;
        take_token(scanner);
    }
    return scanner->tokens->failed ? -ENOMEM : 0;
}
