/* Reads a configuration file and what it includes, as tokens. */
#ifndef WARMD_CONFIG_SPLICE_H
#define WARMD_CONFIG_SPLICE_H

#include "config/scan.h"
#include "config/source.h"
#include "plan/mistakes.h"

/* Reads PATH and what it includes (relative to PATH's directory) into RET_TOKENS, which the caller frees;
 * RET_SOURCE, which the caller frees with source_free, keeps the files' names and has no text yet. GUESSES as
 * in struct scanner. -EINVAL: unfit for reading, or includes that are, as MISTAKES says; the tokens then go
 * as far as it was read. -ENOENT, -EACCES: PATH can't be opened, as MISTAKES says. -ENOMEM. */
int splice_scan(const char *path, bool guesses, struct source *ret_source, struct tokens *ret_tokens,
                struct mistakes *mistakes);

#endif
