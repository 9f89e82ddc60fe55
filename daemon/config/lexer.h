/* libconfig's tokens, as far as needed to give it a text that every version reads alike. */
#ifndef WARMD_CONFIG_LEXER_H
#define WARMD_CONFIG_LEXER_H

#include "config/source.h"
#include "plan/mistakes.h"

struct lexer {
    const char *at;
    const char *end;
    struct source_place place; /* of `at` */
    struct source *source;     /* gets the text */
    struct mistakes *mistakes;
    unsigned held_newlines; /* read but not yet written */
    bool after_string;
    bool after_comma;
    bool at_line_start;
};

/* Copies from LEXER's input to its source up to the next @include, without comments. 1: *ret_include is the
 * name in it, owned by the caller; call again for the rest. 0: all is copied. -EINVAL: what follows can't be
 * read, as the mistakes say. -ENOMEM. */
int lexer_run(struct lexer *lexer, char **ret_include);

/* Whether an @include is next: 1: its name, owned by the caller, and how many bytes it takes; 0: none.
 * -EINVAL: one that is not closed, of RET_LENGTH bytes at most. -ENOMEM. */
int lexer_include(const struct lexer *lexer, size_t *ret_length, char **ret_include);

#endif
