/* Replacing a file: whoever reads it sees the old one or the new one, whole.
 *
 * It is written as PATH.new, which is always made anew: what has that name is unlinked first, so that no
 * link is followed, no pipe is waited for, and nothing that is open elsewhere is written into. Without fsync:
 * after a power failure the old file may be there again. */
#ifndef WARMD_BASE_FILE_REPLACE_H
#define WARMD_BASE_FILE_REPLACE_H

#include <stdio.h>
#include <sys/types.h>

/* A file that is being written. Zero-initialised: none is. */
struct replacement {
    FILE *file; /* to be written to; that something failed is kept, and need not be looked at */
    char *path, *new_path;
    int fd;
    int failed; /* the first -errno */
};

/* Begins to replace PATH by a file of MODE, whatever the umask is. REPLACEMENT must stay where it is until
 * the end. -errno: nothing has begun. */
int replacement_begin(struct replacement *replacement, const char *path, mode_t mode);
/* Puts what was written in the old file's place. -errno, of the first thing that failed: the old file stays,
 * and no new one is left. */
int replacement_commit(struct replacement *replacement);
/* Gives it up; fine where none has begun. */
void replacement_drop(struct replacement *replacement);

#endif
