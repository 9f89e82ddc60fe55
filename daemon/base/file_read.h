/* Reading: small regular files, whole, and never anything else: a FIFO would block, a device never end. */
#ifndef WARMD_BASE_FILE_READ_H
#define WARMD_BASE_FILE_READ_H

#include <stddef.h>
#include <sys/stat.h>

/* A path of our own making must not be a symbolic link; one that a person has configured may be. */
enum file_links { FILE_NO_LINK, FILE_FOLLOW_LINKS };

/* Opens PATH for reading and says what it is in *ret_info. Returns its descriptor. -ELOOP: it is a symbolic
 * link; -EISDIR: a directory; -ENOTSUP: neither that nor a regular file; or what open says. */
int file_open(const char *path, enum file_links links, struct stat *ret_info);

/* Reads what FD has, up to MOST bytes, into *ret_bytes, which the caller frees; a NUL stands at
 * (*ret_bytes)[*ret_length]. The buffer is made once, of the largest size, as growing it would leave copies
 * of a secret behind; pages that are not touched cost nothing. -EFBIG: there is more. -ENOMEM; or what read
 * says. */
int file_read_all(int fd, size_t most, char **ret_bytes, size_t *ret_length);

#endif
