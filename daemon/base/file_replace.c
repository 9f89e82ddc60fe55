#include "base/file_replace.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

enum { BUFFER_SIZE = 1 << 16 };

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
