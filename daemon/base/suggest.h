/* "Did you mean …?" */
#ifndef WARMD_BASE_SUGGEST_H
#define WARMD_BASE_SUGGEST_H

#include <stddef.h>

/* The one of N WORDS that WORD is a likely misspelling of: at most a third of its characters, and no more
 * than three, are missing, added, changed or swapped with their neighbour; case and - for _ don't count.
 * NULL: none is that close. */
const char *suggest(const char *word, const char *const *words, size_t n);

#endif
