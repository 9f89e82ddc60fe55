/* What is wrong with the grammar of a configuration, and how it goes on. Pure. */
#ifndef WARMD_PLAN_GRAMMAR_H
#define WARMD_PLAN_GRAMMAR_H

#include "plan/scan.h"

struct doubt {
    struct source_place place;
    const char *key; /* only the value of this key, of the tokens' texts; NULL: all that is in the line */
};

/* What became of a text. Zero-initialised is empty. */
struct repair {
    bool whole;             /* nothing was left out without which the rest might mean something else */
    struct doubt *doubtful; /* what was guessed there, or left out, may be another thing */
    size_t n_doubtful;
};

/* Records what libconfig would refuse in TOKENS, at most one mistake a line, and writes into SOURCE, which
 * has no text yet, one that libconfig takes: with what was probably meant, or without what can't be guessed.
 * 0: there is no mistake; 1: there are. RET_REPAIR is the caller's to free with repair_free. -ENOMEM. */
int grammar_repair(const struct tokens *tokens, struct source *source, struct mistakes *mistakes,
                   struct repair *ret_repair);
void repair_free(struct repair *repair);

#endif
