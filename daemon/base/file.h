/* Small regular files, read whole. */
#ifndef WARMD_BASE_FILE_H
#define WARMD_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

enum {
    FILE_SIZE_MAX = 1 << 20,   /* bytes of a secret: far above any real one */
    CONFIG_SIZE_MAX = 8 << 20, /* of a configuration with what it includes: 60,000 endpoints */
};

struct file {
    char *bytes; /* NUL-terminated; there may be other NULs in it */
    size_t length;
    dev_t device;
    ino_t inode;
};

/* Reads PATH into RET_FILE, which the caller frees with file_free. Never blocks on a FIFO. -EISDIR; -ENOTSUP:
 * neither a regular file nor a directory; -EFBIG: larger than FILE_SIZE_MAX; or what open and read say. */
int file_read(const char *path, struct file *ret_file);
/* The same for up to CONFIG_SIZE_MAX bytes. */
int file_read_config(const char *path, struct file *ret_file);
/* Wipes and frees. */
void file_free(struct file *file);
/* Whether PATH is a regular file that can be opened for reading: 0, or an error as above. */
int file_check(const char *path);
/* What such an error means: "is a directory", "No such file or directory". */
const char *file_problem(int code);

/* NAME relative to PATH's directory; an absolute NAME stays as it is. Owned by the caller; NULL: no
 * memory. */
char *file_beside(const char *path, const char *name);

#define CLEANUP_FILE __attribute__((cleanup(file_free)))

#endif
