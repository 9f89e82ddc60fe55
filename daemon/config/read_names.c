/* Names and places: what is called, and files. */
#include "config/readers.h"

#include "base/file.h"
#include "base/text.h"
#include "config/secrets.h"
#include "plan/function_name.h"
#include "plan/syntax.h"

#include <errno.h>
#include <string.h>

enum {
    TENANT_MAX = 256,
    PROFILE_MAX = 255,
    SERVICE_MAX = 64,
};

/* The host is resolved once a round, so it can't change within one. */
static bool has_fixed_origin(struct reader *reader, const config_setting_t *setting, const char *url)
{
    const char *placeholder = strstr(url, "${");
    if (!placeholder || (size_t)(placeholder - url) >= url_origin_length(url))
        return true;
    return reader_mistake(reader, setting, "url can't contain placeholders in its scheme, host or port");
}

bool judge_url(struct reader *reader, const config_setting_t *setting, const char *url)
{
    struct error error = {0};
    if (!has_fixed_origin(reader, setting, url))
        return false;
    CLEANUP_FREE char *expanded = template_check(reader, setting, url, SECRET_IN_URL);
    return expanded && reader_accept(reader, setting, check_url(expanded, &error), &error);
}

bool judge_function(struct reader *reader, const config_setting_t *setting, const char *text)
{
    struct function_name name;
    struct error error = {0};
    if (strstr(text, "://"))
        return reader_mistake(reader, setting, "function takes a name or an ARN; write url = \"%s\"", text);
    if (strstr(text, "${"))
        return reader_mistake(reader, setting, "function can't contain placeholders");
    return reader_accept(reader, setting, function_name_parse(text, &name, &error), &error);
}

/* Scheme and authority; the path is the Invoke API's own. */
bool read_endpoint_url(struct reader *reader, const struct key *key, const config_setting_t *setting,
                       void *into)
{
    struct error error = {0};
    const char *url = NULL;
    if (!reader_string(reader, setting, &url))
        return false;
    if (strstr(url, "${"))
        return reader_mistake(reader, setting, "endpoint_url can't contain placeholders");
    int result = check_url(url, &error);
    const char *path = url + url_origin_length(url);
    if (result == -EINVAL) /* its messages begin with "url" */
        return reader_mistake(reader, setting, "endpoint_%s", error.message);
    if (result == 0 && path[0] != '\0' && strcmp(path, "/") != 0)
        return reader_mistake(reader, setting, "endpoint_url must end after its host or port: remove '%s'",
                              path);
    CLEANUP_FREE char *origin = result == 0 ? strndup(url, (size_t)(path - url)) : NULL;
    return reader_has(reader, origin) && reader_keep(reader, origin, key_field(key, into));
}

bool is_tenant(const char *text)
{
    return text_consists_of(text, LETTERS DIGITS "._:/=+-@ ", TENANT_MAX);
}

bool is_profile(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    return text[0] != '\0' && strlen(text) <= PROFILE_MAX;
}

bool is_service(const char *text)
{
    return text_consists_of(text, LOWER_CASE DIGITS "-", SERVICE_MAX);
}

bool judge_name(struct reader *reader, const config_setting_t *setting, const char *name)
{
    return is_endpoint_name(name) ||
           reader_mistake(reader, setting, "name must have 1 to %d characters of A-Z a-z 0-9 . _ -",
                          PLAN_NAME_MAX);
}

/* The file that a path or "credential:NAME" means, as a new string. NULL: unknown, and that is recorded. */
static char *resolve_path(struct reader *reader, const config_setting_t *setting, const char *text)
{
    if (text_starts_with(text, "credential:"))
        return secret_path(reader, setting, text + strlen("credential:"));
    char *path = file_beside(reader_place(reader, setting).file, text);
    reader_has(reader, path);
    return path;
}

bool read_path(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    const char *text = NULL;
    if (!reader_string(reader, setting, &text))
        return false;
    CLEANUP_FREE char *path = resolve_path(reader, setting, text);
    if (!path)
        return false;
    int result = file_check(path);
    if (result < 0)
        return reader_mistake(reader, setting, "%s '%s': %s", setting_name(setting), text,
                              file_problem(result));
    return reader_keep(reader, path, key_field(key, into));
}

/* Its folder may not exist until the daemon starts (RuntimeDirectory=), so refuses only what can never
 * work. */
bool read_metrics_file(struct reader *reader, const struct key *key, const config_setting_t *setting,
                       void *into)
{
    const char *name = NULL;
    if (!reader_string(reader, setting, &name))
        return false;
    size_t length = strlen(name);
    CLEANUP_FREE char *path = file_beside(reader_place(reader, setting).file, name);
    if (length == 0 || name[length - 1] == '/' || (path && file_check(path) == -EISDIR))
        return reader_mistake(reader, setting, "metrics_file must be the path of a file, not '%s'", name);
    return reader_has(reader, path) && reader_keep(reader, path, key_field(key, into));
}
