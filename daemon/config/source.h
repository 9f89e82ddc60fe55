/* A configuration file's text with its @includes in place, and where each line of it came from.
 *
 * libconfig is given this text and never a file: 1.5 ends the process if an include is a directory, reads
 * 4294967299 as 3 and rejects a last line that is a comment without a newline; 1.7 reads 010 as 8. */
#ifndef WARMD_CONFIG_SOURCE_H
#define WARMD_CONFIG_SOURCE_H

#include "base/text.h"
#include "plan/mistakes.h"

struct tokens;

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

/* Reads PATH and what it includes (relative to PATH's directory) into RET_SOURCE, which the caller frees with
 * source_free. -EINVAL: unfit for parsing, or mistakes that it hides from the parser, as MISTAKES says; the
 * text then goes as far as it was read. -ENOENT, -EACCES: PATH can't be opened, as MISTAKES says. -ENOMEM. */
int source_read(const char *path, struct source *ret_source, struct mistakes *mistakes);
/* The same, but the text becomes RET_TOKENS, which the caller frees, and RET_SOURCE gets only the names of
 * the files. */
int source_scan(const char *path, struct source *ret_source, struct tokens *ret_tokens,
                struct mistakes *mistakes);
void source_free(struct source *source);

/* Where line LINE (from 1) of the text came from; the last line for a number beyond it. */
struct source_place source_place(const struct source *source, unsigned line);

/* For the lexer: appends to the text; begins a line of it that came from PLACE. */
void source_add(struct source *source, const char *bytes, size_t length);
void source_begin_line(struct source *source, struct source_place place);

#define CLEANUP_SOURCE __attribute__((cleanup(source_free)))

#endif
