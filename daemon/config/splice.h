/* Reads a configuration file and what it includes, as one text or as its tokens. */
#ifndef WARMD_CONFIG_SPLICE_H
#define WARMD_CONFIG_SPLICE_H

#include "config/scan.h"
#include "config/source.h"
#include "plan/mistakes.h"

/* Reads PATH and what it includes (relative to PATH's directory) into RET_SOURCE, which the caller frees with
 * source_free. -EINVAL: unfit for parsing, or mistakes that it hides from the parser, as MISTAKES says; the
 * text then goes as far as it was read. -ENOENT, -EACCES: PATH can't be opened, as MISTAKES says. -ENOMEM. */
int splice_read(const char *path, struct source *ret_source, struct mistakes *mistakes);
/* The same, but the text becomes RET_TOKENS, which the caller frees, and RET_SOURCE gets only the names of
 * the files. */
int splice_scan(const char *path, struct source *ret_source, struct tokens *ret_tokens,
                struct mistakes *mistakes);

#endif
