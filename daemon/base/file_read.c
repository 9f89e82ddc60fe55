#include "base/file_read.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

int file_open(const char *path, enum file_links links, struct stat *ret_info)
{
    struct stat info;
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (links == FILE_NO_LINK ? O_NOFOLLOW : 0);
    CLEANUP_CLOSE int fd = open(path, flags);
    if (fd < 0 || fstat(fd, &info) < 0)
        return -errno;
    if (S_ISDIR(info.st_mode))
        return -EISDIR;
    if (!S_ISREG(info.st_mode))
        return -ENOTSUP;
    *ret_info = info;
    return STEAL_FD(fd);
}

/* Reads at most SIZE bytes. -errno. */
static int fill(int fd, char *bytes, size_t size, size_t *ret_length)
{
    size_t length = 0;
    while (length < size) {
        ssize_t n = read(fd, bytes + length, size - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        length += (size_t)n;
    }
    *ret_length = length;
    return 0;
}

int file_read_all(int fd, size_t most, char **ret_bytes, size_t *ret_length)
{
    size_t length = 0;
    char *bytes = malloc(most + 2);
    if (!bytes)
        return -ENOMEM;
    int result = fill(fd, bytes, most + 1, &length);
    if (result == 0 && length > most)
        result = -EFBIG;
    if (result < 0) {
        explicit_bzero(bytes, length);
        free(bytes);
        return result;
    }
    bytes[length] = '\0';
    *ret_bytes = bytes;
    *ret_length = length;
    return 0;
}
