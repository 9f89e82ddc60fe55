/* A configuration's tokens, with their columns, read with people's usual mistakes in mind: a value without
 * quotes, wrong quotes, a string that isn't closed. */
#ifndef WARMD_CONFIG_SCAN_H
#define WARMD_CONFIG_SCAN_H

#include "base/text.h"
#include "config/source.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_EQUALS, /* = or : */
    TOKEN_STRING,
    TOKEN_INTEGER,
    TOKEN_LONG, /* more than 32 bits */
    TOKEN_FLOAT,
    TOKEN_BOOLEAN,
    TOKEN_OPEN,  /* one of { ( [ */
    TOKEN_CLOSE, /* one of } ) ] */
    TOKEN_COMMA,
    TOKEN_SEMICOLON,
    TOKEN_DASH,    /* as a line of YAML begins */
    TOKEN_GARBAGE, /* can't stand anywhere */
};

/* What is wrong with a token that can have meant only one thing and ends where it seems to. */
enum obvious {
    OBVIOUS_NOTHING,
    OBVIOUS_WORD,
    OBVIOUS_QUOTES, /* wrong ones */
};

struct token {
    enum token_kind kind;
    char sign;                 /* the first byte in the file */
    struct source_place place; /* where it begins */
    unsigned column;           /* bytes, from 1 */
    unsigned end_column;       /* the byte after it, or after its first line if it has several */
    size_t text;               /* offset: what libconfig would get for it, repaired if it is wrong */
    size_t problem;            /* offset: what is wrong with the token itself; 0: nothing */
    enum obvious obvious;
};

/* Zero-initialised is empty. */
struct tokens {
    struct token *items; /* the last one is TOKEN_END */
    size_t n;
    struct text texts;  /* NUL-terminated, one after the other */
    bool failed;        /* memory ran out */
    struct token spare; /* which then takes what doesn't fit */
};

/* A place in a file's text, which the first NUL ends. */
struct cursor {
    const char *at;
    const char *line_start;
    struct source_place place; /* of `at` */
};

struct scanner {
    struct cursor cursor;
    struct tokens *tokens;
    bool guesses;  /* the text is known to be wrong, so what could be right may have meant something else */
    char open[64]; /* the open brackets, as far as there is room */
    unsigned depth;
};

/* Appends tokens up to the next @include. 1: *ret_include is the name in it, owned by the caller; call again
 * for the rest. 0: all is read. -ENOMEM. */
int scan_run(struct scanner *scanner, char **ret_include);
void tokens_end(struct tokens *tokens, struct source_place place); /* appends TOKEN_END */
void tokens_free(struct tokens *tokens);

const char *token_text(const struct tokens *tokens, const struct token *token);
const char *token_problem(const struct tokens *tokens, const struct token *token); /* NULL: none */

#define CLEANUP_TOKENS __attribute__((cleanup(tokens_free)))

#endif
