/* Finds what is wrong with a configuration's grammar, and repairs what it can. Pure. */
#ifndef WARMD_CONFIG_GRAMMAR_H
#define WARMD_CONFIG_GRAMMAR_H

#include "config/scan.h"
#include "plan/mistakes.h"

struct doubt {
    struct source_place place;
    const char *key; /* only this key's value (the key is among the tokens' texts); NULL: the whole line */
};

/* What became of a text. Zero-initialised is empty. */
struct repair {
    bool whole;             /* nothing was left out that might change what the rest means */
    struct doubt *doubtful; /* places where a guess or an omission may be wrong */
    size_t n_doubtful;
};

/* Records what libconfig would refuse in TOKENS, at most one mistake a line, and writes a text that libconfig
 * accepts into SOURCE, which has none yet: with what was probably meant, or without what can't be guessed. 0:
 * no mistakes; 1: mistakes. The caller frees RET_REPAIR with repair_free. -ENOMEM. */
int grammar_repair(const struct tokens *tokens, struct source *source, struct mistakes *mistakes,
                   struct repair *ret_repair);
void repair_free(struct repair *repair);

#endif
