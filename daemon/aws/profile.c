#include "aws/profile.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

enum { CREDENTIALS, CONFIG };

const char *aws_variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static char *join(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

/* Appends the value of $NAME or ${NAME} at AT; returns what follows it. An unset one stays as is. */
static const char *add_variable(struct text *text, const char *at)
{
    bool braced = at[1] == '{';
    const char *begin = at + (braced ? 2 : 1);
    size_t length = strspn(begin, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    const char *end = begin + length + (braced && begin[length] == '}' ? 1 : 0);
    CLEANUP_FREE char *name = strndup(begin, length);
    const char *value = name && length && (!braced || end > begin + length) ? getenv(name) : NULL;
    if (value)
        text_add(text, value);
    else
        text_add_bytes(text, at, (size_t)(end - at));
    return end;
}

/* A path from a variable, with ~/ and $NAME expanded as botocore does. A new string; NULL: out of memory. */
static char *expand(const char *path)
{
    struct text text = {0};
    const char *home = aws_variable("HOME");
    if (text_starts_with(path, "~/") && home) {
        text_add(&text, home);
        path++;
    }
    while (*path) {
        size_t length = strcspn(path, "$");
        text_add_bytes(&text, path, length);
        path += length;
        if (*path)
            path = add_variable(&text, path);
    }
    return text_take(&text);
}

/* A new string; NULL: no home, or out of memory. */
static char *find_path(int which)
{
    const char *named =
        aws_variable(which == CREDENTIALS ? "AWS_SHARED_CREDENTIALS_FILE" : "AWS_CONFIG_FILE");
    if (named)
        return expand(named);
    const char *directory = aws_variable("CREDENTIALS_DIRECTORY"), *home = aws_variable("HOME");
    if (which == CREDENTIALS && directory) {
        char *path = join(directory, "aws");
        if (path && access(path, F_OK) == 0)
            return path;
        free(path);
    }
    return home ? join(home, which == CREDENTIALS ? ".aws/credentials" : ".aws/config") : NULL;
}

static int read_one(int which, struct shared_files *files, struct ini *ini, struct error *error)
{
    char *path = files->paths[which] = find_path(which);
    files->shown[which] = path ? path : "(no $HOME)";
    int result = path ? ini_read(path, which == CREDENTIALS ? INI_CREDENTIALS : INI_CONFIG, ini, error) : 0;
    return result == -ENOENT ? 0 : result;
}

int shared_files_read(struct shared_files *ret_files, struct error *error)
{
    struct shared_files files = {0};
    int result = read_one(CREDENTIALS, &files, &files.credentials, error);
    if (result == 0)
        result = read_one(CONFIG, &files, &files.config, error);
    if (result < 0)
        shared_files_free(&files);
    else
        *ret_files = files;
    return result;
}

void shared_files_free(struct shared_files *files)
{
    ini_free(&files->credentials);
    ini_free(&files->config);
    free(files->paths[CREDENTIALS]);
    free(files->paths[CONFIG]);
    *files = (struct shared_files){0};
}

bool profile_exists(const struct shared_files *files, const char *profile)
{
    return ini_profile(&files->credentials, profile) || ini_profile(&files->config, profile);
}

const struct ini_entry *profile_get(const struct shared_files *files, const char *profile, const char *key,
                                    const struct ini **ret_ini)
{
    const struct ini *ini = &files->credentials;
    const struct ini_entry *entry = ini_get(ini, profile, key);
    if (!entry)
        entry = ini_get(ini = &files->config, profile, key);
    if (entry && ret_ini)
        *ret_ini = ini;
    return entry;
}

const char *profile_value(const struct shared_files *files, const char *profile, const char *key)
{
    const struct ini_entry *entry = profile_get(files, profile, key, NULL);
    return entry && *entry->value ? entry->value : NULL;
}

const char *profile_named_by_environment(const char **ret_variable)
{
    static const char *const names[] = {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *profile = aws_variable(names[i]);
        if (profile && ret_variable)
            *ret_variable = names[i];
        if (profile)
            return profile;
    }
    return NULL;
}

int profile_require_named(const struct shared_files *files, struct error *error)
{
    const char *variable_name = NULL, *profile = profile_named_by_environment(&variable_name);
    if (!profile || profile_exists(files, profile))
        return 0;
    return error_set(error, -ENOENT, "%s is set, but there is no profile '%s' in %s and %s", variable_name,
                     profile, files->shown[CREDENTIALS], files->shown[CONFIG]);
}

const char *region_of_environment(void)
{
    const char *region = aws_variable("AWS_REGION");
    return region ? region : aws_variable("AWS_DEFAULT_REGION");
}

const char *profile_of_environment(void)
{
    const char *named = profile_named_by_environment(NULL);
    return named ? named : "default";
}

const char *profile_region(const struct shared_files *files, const char *profile)
{
    const char *region = region_of_environment();
    return region ? region : profile_value(files, profile ? profile : profile_of_environment(), "region");
}

void shared_stamp_take(struct shared_stamp *ret_stamp)
{
    *ret_stamp = (struct shared_stamp){0};
    for (int which = CREDENTIALS; which <= CONFIG; which++) {
        CLEANUP_FREE char *path = find_path(which);
        if (!path || stat(path, &ret_stamp->files[which]) < 0)
            ret_stamp->files[which] = (struct stat){0};
    }
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool shared_stamp_equal(const struct shared_stamp *a, const struct shared_stamp *b)
{
    for (int which = CREDENTIALS; which <= CONFIG; which++) {
        const struct stat *one = &a->files[which], *other = &b->files[which];
        if (one->st_dev != other->st_dev || one->st_ino != other->st_ino || one->st_size != other->st_size ||
            !is_same_time(&one->st_mtim, &other->st_mtim) || !is_same_time(&one->st_ctim, &other->st_ctim))
            return false;
    }
    return true;
}
