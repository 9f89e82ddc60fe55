/* Turns tokens into text for libconfig; finds what is wrong with their grammar, and repairs what it can.
 * Pure. */
#ifndef WARMD_CONFIG_GRAMMAR_H
#define WARMD_CONFIG_GRAMMAR_H

#include "config/scan.h"
#include "plan/mistakes.h"

struct doubt {
    struct source_place place;
    char *key; /* only this key's value; NULL: the whole line */
};

/* What became of a text. Zero-initialised is empty. */
struct repair {
    bool whole;             /* nothing was left out that might change what the rest means */
    struct doubt *doubtful; /* places where a guess or an omission may be wrong */
    size_t n_doubtful;
};

/* Writes TOKENS into SOURCE, which has no text yet, as a text that every version of libconfig reads alike. Of
 * what libconfig would refuse it records at most one mistake a line, and writes what was probably meant, or
 * leaves out what can't be guessed. 0: no mistakes; 1: mistakes. The caller frees RET_REPAIR with
 * repair_free. -ENOMEM. */
int grammar_write(const struct tokens *tokens, struct source *source, struct mistakes *mistakes,
                  struct repair *ret_repair);
void repair_free(struct repair *repair);
#define CLEANUP_REPAIR __attribute__((cleanup(repair_free)))

#endif
