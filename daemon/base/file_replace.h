/* Replaces a file: whoever reads it sees the whole old one or the whole new one.
 *
 * The new file is written as PATH.new, which is always freshly created: anything with that name is unlinked
 * first, so that we follow no link, wait for no pipe and write into no file that is open elsewhere. There is
 * no fsync: after a power failure the old file may be back. */
#ifndef WARMD_BASE_FILE_REPLACE_H
#define WARMD_BASE_FILE_REPLACE_H

#include <stdio.h>
#include <sys/types.h>

/* A file being written. Zero-initialised: none. */
struct replacement {
    FILE *file; /* write here without checking for errors: the first is kept */
    char *path, *new_path;
    int fd;
    int failed; /* the first -errno */
};

/* Begins to replace PATH with a file of MODE, whatever the umask. Don't move REPLACEMENT until the end.
 * -errno: nothing has begun. */
int replacement_begin(struct replacement *replacement, const char *path, mode_t mode);
/* Puts the new file in the old one's place. -errno of the first failure: the old file stays, and no new one
 * is left. */
int replacement_commit(struct replacement *replacement);
/* Abandons the replacement; harmless if none has begun. */
void replacement_drop(struct replacement *replacement);

#endif
