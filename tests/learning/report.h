/* The tables of docs/learning.md. */
#ifndef WARMD_LEARNING_REPORT_H
#define WARMD_LEARNING_REPORT_H

#include "figures.h"
#include "variants.h"

/* Puts them in the place of what is between "<!-- figures -->" and "<!-- end -->" in FOLDER/learning.md.
 * False: it can't be, which was said. */
bool report_write(const struct figures *figures, const struct variants *variants, const char *folder);

#endif
