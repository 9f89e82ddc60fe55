/* A configuration file's text with its @includes in place, and where each line of it came from.
 *
 * libconfig is given this text, which grammar_write writes, and never a file: 1.5 ends the process if an
 * include is a directory, reads 4294967299 as 3 and rejects a last line that is a comment without a
 * newline; 1.7 reads 010 as 8. */
#ifndef WARMD_CONFIG_SOURCE_H
#define WARMD_CONFIG_SOURCE_H

#include "base/text.h"

#include <stdbool.h>

struct source_place {
    const char *file;
    unsigned line;
};

/* Zero-initialised is empty. */
struct source {
    struct text text;           /* without comments and @include directives */
    struct source_place *lines; /* of each line of the text */
    size_t n_lines;
    char **files; /* the places' names: the main file as it was given, and every include */
    size_t n_files;
    bool failed; /* memory ran out */
};

void source_free(struct source *source);

/* Where line LINE (from 1) of the text came from; the last line for a number beyond it. */
struct source_place source_place(const struct source *source, unsigned line);

/* For who reads files into it: keeps NAME, which it consumes, as long as the source; NULL: memory ran out.
 * Begins a line of the text that came from PLACE. */
const char *source_keep_name(struct source *source, char *name);
void source_begin_line(struct source *source, struct source_place place);

#define CLEANUP_SOURCE __attribute__((cleanup(source_free)))

#endif
