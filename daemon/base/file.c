#include "base/file.h"

#include "base/cleanup.h"
#include "base/file_read.h"

#include <errno.h>
#include <string.h>

int file_check(const char *path)
{
    struct stat info;
    CLEANUP_CLOSE int fd = file_open(path, FILE_FOLLOW_LINKS, &info);
    return fd < 0 ? fd : 0;
}

static int read_up_to(const char *path, size_t most, struct file *ret_file)
{
    struct stat info;
    CLEANUP_CLOSE int fd = file_open(path, FILE_FOLLOW_LINKS, &info);
    if (fd < 0)
        return fd;
    struct file file = {.device = info.st_dev, .inode = info.st_ino};
    int result = file_read_all(fd, most, &file.bytes, &file.length);
    if (result == 0)
        *ret_file = file;
    return result;
}

int file_read(const char *path, struct file *ret_file)
{
    return read_up_to(path, FILE_SIZE_MAX, ret_file);
}

int file_read_config(const char *path, struct file *ret_file)
{
    return read_up_to(path, CONFIG_SIZE_MAX, ret_file);
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
