/* Splits a command line into words, as a shell does. */
#ifndef WARMD_AWS_WORDS_H
#define WARMD_AWS_WORDS_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

enum { WORDS_MOST = 64 };

struct words {
    char *text;                  /* what the words point into */
    char *words[WORDS_MOST + 1]; /* ends with NULL */
    size_t n;
    bool need_shell; /* to mean what they mean there */
};

/* Splits COMMAND by blanks, quotes and backslashes (POSIX.1, Shell Command Language, 2.2). 1: done. 0: it
 * needs a shell (variables, pipes, patterns, a leading assignment, more words than WORDS_MOST). -EINVAL: an
 * unclosed quote, or no word. -ENOMEM. */
int words_split(const char *command, struct words *ret_words);
/* The same if only blanks, quotes and backslashes are special, as in Python's shlex. 0; -E2BIG: more than
 * WORDS_MOST; -EINVAL, -ENOMEM. */
int words_split_plain(const char *text, struct words *ret_words);
void words_free(struct words *words); /* wipes: arguments may be secrets */
#define CLEANUP_WORDS CLEANUP(words_free)

#endif
