#include "commands/check_access.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { READ_BY_OTHERS = S_IROTH, LIST_BY_OTHERS = S_IROTH | S_IXOTH };

/* Whether others have all of the rights in MODE. True if there is no such file. */
static bool others_may(const char *path, mode_t mode)
{
    struct stat info;
    return stat(path, &info) < 0 || (info.st_mode & mode) == mode;
}

static void check_file(const char *path)
{
    if (!others_may(path, READ_BY_OTHERS))
        fprintf(stderr,
                "%s: warning: the service can't read this file: it runs as another user (chmod o+r %s)\n",
                path, path);
}

static void check_folder(const char *path)
{
    if (!others_may(path, LIST_BY_OTHERS))
        fprintf(stderr,
                "%s: warning: the service can't read this folder: it runs as another user (chmod o+rx %s)\n",
                path, path);
}

/* Checks a file that KEY of the endpoint names. A private key is better readable by nobody else: systemd can
 * hand it over. */
static void check_named(const struct endpoint *endpoint, const char *key, const char *path)
{
    const char *secrets = getenv("CREDENTIALS_DIRECTORY");
    if (!path || (secrets && *secrets && text_starts_with(path, secrets)) || others_may(path, READ_BY_OTHERS))
        return;
    CLEANUP_FREE char *folder = path[0] == '/' ? NULL : getcwd(NULL, 0); /* units need absolute paths */
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    fprintf(
        stderr,
        "%s:%u: warning: %s: the service can't read %s %s: it runs as another user (LoadCredential=%s:%s%s%s "
        "in the unit and %s = \"credential:%s\"; or chmod o+r, if it is not a secret)\n",
        endpoint->source_file, endpoint->source_line, endpoint->name, key, path, name, folder ? folder : "",
        folder ? "/" : "", path, key, name);
}

void check_access(const struct plan *plan)
{
    if (geteuid() != 0)
        return;
    for (size_t i = 0; i < plan->n_files; i++)
        check_file(plan->files[i]);
    CLEANUP_FREE char *directory = file_beside(plan->path, "conf.d");
    if (directory)
        check_folder(directory);
    if (text_starts_with(plan->path, WARMD_SYSCONFDIR "/lambda-warmd/"))
        check_folder(WARMD_SYSCONFDIR "/lambda-warmd");
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        const struct endpoint *endpoint = &plan->endpoints[i];
        if (!endpoint->enabled)
            continue;
        check_named(endpoint, "ca_file", endpoint->ca_file);
        check_named(endpoint, "client_cert", endpoint->client_cert);
        check_named(endpoint, "client_key", endpoint->client_key);
    }
}
