/* Reads small regular files whole, and never anything else: a FIFO would block, and a device never end. */
#ifndef WARMD_BASE_FILE_READ_H
#define WARMD_BASE_FILE_READ_H

#include <stddef.h>
#include <sys/stat.h>

/* A path of our own making must not be a symbolic link; one that a person has configured may be. */
enum file_links { FILE_NO_LINK, FILE_FOLLOW_LINKS };

/* Opens PATH for reading and fills *ret_info. Returns the descriptor. -ELOOP: it is a symbolic link; -EISDIR:
 * a directory; -ENOTSUP: neither a directory nor a regular file; or open's error. */
int file_open(const char *path, enum file_links links, struct stat *ret_info);

/* Reads all of FD, up to MOST bytes, into *ret_bytes, which the caller frees; (*ret_bytes)[*ret_length] is a
 * NUL. The buffer is allocated once, at its largest size, because growing it would leave copies of a secret
 * behind; untouched pages cost nothing. -EFBIG: there is more. -ENOMEM; or read's error. */
int file_read_all(int fd, size_t most, char **ret_bytes, size_t *ret_length);

#endif
