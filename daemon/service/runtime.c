#include "service/runtime.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { LOCK_MODE = 0644 }; /* everyone may ask who holds it */

char *runtime_path(const char *folder, const char *name)
{
    const char *given = folder ? folder : getenv("RUNTIME_DIRECTORY");
    /* systemd separates several folders by colons; the unit names one. */
    size_t length = folder ? strlen(folder) : given ? strcspn(given, ":") : 0;
    char *path = NULL;
    if (length == 0) {
        given = "/run/lambda-warmd";
        length = strlen(given);
    }
    return asprintf(&path, "%.*s/%s", (int)length, given, name) < 0 ? NULL : path;
}

int runtime_claim(const char *lock_path)
{
    CLEANUP_CLOSE int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, LOCK_MODE);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fd < 0 || fchmod(fd, LOCK_MODE) < 0)
        return -errno;
    if (fcntl(fd, F_SETLK, &lock) < 0)
        return errno == EACCES ? -EAGAIN : -errno;
    return STEAL_FD(fd);
}

int runtime_holder(const char *lock_path, pid_t *ret_pid)
{
    CLEANUP_CLOSE int fd = open(lock_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fd < 0)
        return errno == ENOENT ? -ESRCH : -errno;
    if (fcntl(fd, F_GETLK, &lock) < 0)
        return -errno;
    if (lock.l_type == F_UNLCK || lock.l_pid <= 0)
        return -ESRCH;
    *ret_pid = lock.l_pid;
    return 0;
}
