#include "config/zone_name.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

static const char *zoneinfo_folder(void)
{
    const char *given = getenv("TZDIR");
    return given && given[0] ? given : "/usr/share/zoneinfo";
}

/* No part of it is "." or "..", so that it names a file below the folder and nowhere else. */
static bool is_zone_name(const char *name)
{
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/");
    return length > 0 && name[length] == '\0' && name[0] != '/' && name[length - 1] != '/' &&
           !strstr(name, "//");
}

/* The folder also has other kinds of tables; a zone's begins with this (RFC 8536). */
static bool is_zone_file(const char *path)
{
    char magic[4];
    struct stat info;
    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
           read(fd, magic, sizeof magic) == sizeof magic && memcmp(magic, "TZif", sizeof magic) == 0;
}

int timezone_check(const char *name, struct error *error)
{
    const char *folder = zoneinfo_folder();
    CLEANUP_FREE char *path = NULL;
    if (strcmp(name, "UTC") == 0)
        return 0;
    if (!is_zone_name(name))
        return error_set(error, -EINVAL,
                         "'%s' is not the name of a time zone such as \"Europe/Berlin\" or \"UTC\"", name);
    if (access(folder, F_OK) < 0)
        return error_set(error, -EINVAL,
                         "'%s' can't be looked up: %s is missing (install the package tzdata)", name, folder);
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    if (is_zone_file(path))
        return 0;
    return error_set(error, -EINVAL, "'%s' is not a time zone in %s (timedatectl list-timezones lists them)",
                     name, folder);
}
