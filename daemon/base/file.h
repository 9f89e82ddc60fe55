/* Small regular files: read whole, or replaced whole. */
#ifndef WARMD_BASE_FILE_H
#define WARMD_BASE_FILE_H

#include <stdio.h>
#include <sys/stat.h>

enum {
    FILE_SIZE_MAX = 1 << 20,   /* bytes of a secret: far above any real one */
    CONFIG_SIZE_MAX = 8 << 20, /* of a configuration with what it includes: 60,000 endpoints */
};

/* A path of our own making must not be a symbolic link; one that a person has configured may be. */
enum file_links { FILE_NO_LINK, FILE_FOLLOW_LINKS };

struct file {
    char *bytes; /* NUL-terminated; there may be other NULs in it */
    size_t length;
    dev_t device;
    ino_t inode;
};

/* Opens PATH for reading and fills *ret_info. Returns the descriptor. -ELOOP: it is a symbolic link; -EISDIR:
 * a directory; -ENOTSUP: neither a directory nor a regular file (a FIFO would block, and a device never end);
 * or open's error. */
int file_open(const char *path, enum file_links links, struct stat *ret_info);
/* Reads PATH, up to MOST bytes, into RET_FILE, which the caller frees with file_free. The buffer is allocated
 * once, at its largest size, because growing it would leave copies of a secret behind; untouched pages cost
 * nothing. -EFBIG: there is more; file_open's and read's errors. */
int file_read_up_to(const char *path, enum file_links links, size_t most, struct file *ret_file);
/* The same of what a person has named, up to FILE_SIZE_MAX or CONFIG_SIZE_MAX bytes. */
int file_read(const char *path, struct file *ret_file);
int file_read_config(const char *path, struct file *ret_file);
/* Wipes and frees. */
void file_free(struct file *file);
#define CLEANUP_FILE __attribute__((cleanup(file_free)))

/* Whether PATH is a regular file that can be opened for reading: 0, or an error as above. */
int file_check(const char *path);
/* What such an error means: "is a directory", "No such file or directory". */
const char *file_problem(int code);

/* NAME relative to PATH's directory; an absolute NAME stays as it is. Owned by the caller; NULL: no
 * memory. */
char *file_beside(const char *path, const char *name);

/* A file being written in the place of another, so that whoever reads it sees the whole old one or the whole
 * new one. Zero-initialised: none.
 *
 * The new file is written as PATH.new, which is always freshly created: anything with that name is unlinked
 * first, so that we follow no link, wait for no pipe and write into no file that is open elsewhere. There is
 * no fsync: after a power failure the old file may be back. */
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
