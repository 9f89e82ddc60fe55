#include "commands/checks.h"

#include "aws/offline.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "commands/commands.h"
#include "plan/partition.h"

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
    say_warning(endpoint,
                "the service can't read %s %s: it runs as another user (LoadCredential=%s:%s%s%s "
                "in the unit and %s = \"credential:%s\"; or chmod o+r, if it is not a secret)",
                key, path, name, folder ? folder : "", folder ? "/" : "", path, key, name);
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

/* Whether an endpoint needs what the caller looks for. */
typedef bool needs_it(const struct endpoint *endpoint);

static bool is_signed(const struct endpoint *endpoint)
{
    return endpoint->enabled && endpoint->auth == AUTH_SIGV4;
}

static bool needs_region(const struct endpoint *endpoint)
{
    return is_signed(endpoint) && !endpoint->region;
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whether endpoint number I is the first with its profile and this need. */
static bool is_first(const struct plan *plan, size_t i, needs_it *needs)
{
    const struct endpoint *endpoint = &plan->endpoints[i];
    if (!needs(endpoint))
        return false;
    for (size_t j = 0; j < i; j++)
        if (needs(&plan->endpoints[j]) && is_same(plan->endpoints[j].profile, endpoint->profile))
            return false;
    return true;
}

static size_t count_others(const struct plan *plan, size_t first, needs_it *needs)
{
    size_t n = 0;
    for (size_t i = first + 1; i < plan->n_endpoints; i++)
        n +=
            needs(&plan->endpoints[i]) && is_same(plan->endpoints[i].profile, plan->endpoints[first].profile);
    return n;
}

static void warn(const struct plan *plan, size_t i, needs_it *needs, const char *what, const char *why,
                 const char *remedy)
{
    const struct endpoint *endpoint = &plan->endpoints[i];
    char others[48] = "";
    size_t n = count_others(plan, i, needs);
    if (n)
        snprintf(others, sizeof others, " and %zu more", n);
    fprintf(stderr, "%s:%u: warning: %s%s: %s (%s)%s\n", endpoint->source_file, endpoint->source_line,
            endpoint->name, others, what, why, remedy);
}

static void check_credentials(const struct plan *plan, size_t i)
{
    struct error why = {0};
    int result = credentials_are_known(plan->endpoints[i].profile, &why);
    if (result <= 0)
        warn(plan, i, is_signed,
             result < 0 ? "no AWS credentials are available here" : "no AWS credentials were found here",
             why.message, "; the service may get others from LoadCredential=aws:FILE");
}

static void check_region(const struct plan *plan, size_t i)
{
    struct error why = {0};
    CLEANUP_FREE char *region = NULL;
    int result = region_is_known(plan->endpoints[i].profile, &region, &why);
    if (result <= 0) {
        warn(plan, i, needs_region, "no region was found here", why.message, "; set region = \"…\"");
        return;
    }
    if (!region || !is_region(region) || region_is_plausible(region))
        return; /* text that can't be a region is refused when it is used */
    const char *near = region_suggestion(region);
    char hint[96] = "no region has a similar name", said[128];
    if (near)
        snprintf(hint, sizeof hint, "did you mean \"%s\"?", near);
    snprintf(said, sizeof said, "AWS has no region '%s', which AWS_REGION or the profile sets", region);
    warn(plan, i, needs_region, said, hint, "");
}

void check_aws(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        if (is_first(plan, i, needs_region))
            check_region(plan, i);
        if (is_first(plan, i, is_signed))
            check_credentials(plan, i);
    }
}
