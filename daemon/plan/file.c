#include "plan/file.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* A descriptor of a regular file, or a negative error. */
static int open_regular(const char *path, struct stat *ret_info)
{
    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, ret_info) < 0)
        return -errno;
    if (S_ISDIR(ret_info->st_mode))
        return -EISDIR;
    if (!S_ISREG(ret_info->st_mode))
        return -ENOTSUP;
    return STEAL_FD(fd);
}

int file_check(const char *path)
{
    struct stat info;
    CLEANUP_CLOSE int fd = open_regular(path, &info);
    return fd < 0 ? fd : 0;
}

static int read_all(int fd, char *bytes, size_t *ret_length)
{
    size_t length = 0;
    while (length <= FILE_SIZE_MAX) {
        ssize_t n = read(fd, bytes + length, FILE_SIZE_MAX + 1 - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        length += (size_t)n;
    }
    *ret_length = length;
    return length > FILE_SIZE_MAX ? -EFBIG : 0;
}

int file_read(const char *path, struct file *ret_file)
{
    struct stat info;
    CLEANUP_CLOSE int fd = open_regular(path, &info);
    if (fd < 0)
        return fd;
    /* One buffer of the largest size: growing would leave copies of a secret behind. Untouched pages cost
     * nothing. */
    struct file file = {.bytes = malloc(FILE_SIZE_MAX + 2), .device = info.st_dev, .inode = info.st_ino};
    if (!file.bytes)
        return -ENOMEM;
    int result = read_all(fd, file.bytes, &file.length);
    file.bytes[file.length] = '\0';
    if (result < 0)
        file_free(&file);
    else
        *ret_file = file;
    return result;
}

void file_free(struct file *file)
{
    if (file->bytes)
        explicit_bzero(file->bytes, file->length);
    free(file->bytes);
    *file = (struct file){0};
}

const char *file_problem(int code)
{
    switch (code) {
    case -EISDIR:
        return "is a directory";
    case -ENOTSUP:
        return "is not a regular file";
    case -EFBIG:
        return "is larger than 1 MiB";
    default:
        return strerror(-code);
    }
}

char *file_beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    char *joined = NULL;
    if (name[0] == '/' || !slash)
        return strdup(name);
    return asprintf(&joined, "%.*s/%s", (int)(slash - path), path, name) < 0 ? NULL : joined;
}
