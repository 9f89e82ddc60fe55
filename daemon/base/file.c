#include "base/file.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio_ext.h>
#include <string.h>

enum { BUFFER_SIZE = 1 << 16 };

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

int file_read_up_to(const char *path, enum file_links links, size_t most, struct file *ret_file)
{
    struct stat info;
    CLEANUP_CLOSE int fd = file_open(path, links, &info);
    if (fd < 0)
        return fd;
    CLEANUP_FILE struct file file = {.bytes = malloc(most + 2), .device = info.st_dev, .inode = info.st_ino};
    if (!file.bytes)
        return -ENOMEM;
    int result = fill(fd, file.bytes, most + 1, &file.length);
    if (result == 0 && file.length > most)
        result = -EFBIG;
    if (result < 0)
        return result;
    file.bytes[file.length] = '\0';
    *ret_file = file;
    file.bytes = NULL;
    return 0;
}

int file_read(const char *path, struct file *ret_file)
{
    return file_read_up_to(path, FILE_FOLLOW_LINKS, FILE_SIZE_MAX, ret_file);
}

int file_read_config(const char *path, struct file *ret_file)
{
    return file_read_up_to(path, FILE_FOLLOW_LINKS, CONFIG_SIZE_MAX, ret_file);
}

void file_free(struct file *file)
{
    if (file->bytes)
        explicit_bzero(file->bytes, file->length);
    free(file->bytes);
    *file = (struct file){0};
}

int file_check(const char *path)
{
    struct stat info;
    CLEANUP_CLOSE int fd = file_open(path, FILE_FOLLOW_LINKS, &info);
    return fd < 0 ? fd : 0;
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

/* stdio reports that something failed, but not reliably what; this keeps the error. */
static ssize_t write_to(void *cookie, const char *bytes, size_t size)
{
    struct replacement *replacement = cookie;
    size_t written = 0;
    while (written < size && replacement->failed == 0) {
        ssize_t n = write(replacement->fd, bytes + written, size - written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            replacement->failed = -errno;
        else
            written += (size_t)n;
    }
    return replacement->failed ? 0 : (ssize_t)written;
}

/* -errno. */
static int create(const char *path, mode_t mode)
{
    unlink(path);
    CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return -errno;
    if (fchmod(fd, mode) < 0) {
        int result = -errno;
        unlink(path);
        return result;
    }
    return STEAL_FD(fd);
}

static int open_new(struct replacement *replacement, const char *path, mode_t mode)
{
    replacement->path = strdup(path);
    if (!replacement->path || asprintf(&replacement->new_path, "%s.new", path) < 0) {
        replacement->new_path = NULL;
        return -ENOMEM;
    }
    replacement->fd = create(replacement->new_path, mode);
    if (replacement->fd < 0) {
        int result = replacement->fd;
        free(replacement->new_path); /* the file isn't ours */
        replacement->new_path = NULL;
        return result;
    }
    replacement->file = fopencookie(replacement, "w", (cookie_io_functions_t){.write = write_to});
    if (!replacement->file)
        return -ENOMEM;
    setvbuf(replacement->file, NULL, _IOFBF, BUFFER_SIZE);
    __fsetlocking(replacement->file, FSETLOCKING_BYCALLER); /* only its owner has it */
    return 0;
}

int replacement_begin(struct replacement *replacement, const char *path, mode_t mode)
{
    *replacement = (struct replacement){.fd = -1};
    int result = open_new(replacement, path, mode);
    if (result < 0)
        replacement_drop(replacement);
    return result;
}

/* Closes and frees everything; removes the new file unless it is KEPT. */
static void finish(struct replacement *replacement, bool kept)
{
    if (replacement->file)
        fclose(replacement->file);
    if (replacement->new_path) {
        close(replacement->fd);
        if (!kept)
            unlink(replacement->new_path);
    }
    free(replacement->new_path);
    free(replacement->path);
    *replacement = (struct replacement){.fd = -1};
}

int replacement_commit(struct replacement *replacement)
{
    if (fflush(replacement->file) != 0 && replacement->failed == 0)
        replacement->failed = -EIO;
    if (replacement->failed == 0 && rename(replacement->new_path, replacement->path) < 0)
        replacement->failed = -errno;
    int result = replacement->failed;
    finish(replacement, result == 0);
    return result;
}

void replacement_drop(struct replacement *replacement)
{
    finish(replacement, false);
}
