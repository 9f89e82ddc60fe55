/* libconfig's tokens, as far as needed to give it a text that every version reads alike. */
#ifndef WARMD_CONFIG_LEXER_H
#define WARMD_CONFIG_LEXER_H

#include "config/cursor.h"
#include "plan/mistakes.h"

struct lexer {
    struct cursor cursor;
    struct source *source; /* gets the text */
    struct mistakes *mistakes;
    unsigned held_newlines; /* read but not yet written */
    bool after_string;
    bool after_comma;
};

/* Copies from LEXER's input to its source up to the next @include, without comments. 1: *ret_include is the
 * name in it, owned by the caller; call again for the rest. 0: all is copied. -EINVAL: what follows can't be
 * read, as the mistakes say. -ENOMEM. */
int lexer_run(struct lexer *lexer, char **ret_include);

#endif
