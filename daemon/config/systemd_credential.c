#include "config/systemd_credential.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

enum { CREDENTIAL_NAME_MAX = 255 }; /* a file's name */

/* No slash and neither "." nor "..": it names a file in the directory and nowhere else. */
static bool is_credential_name(const char *name)
{
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return length > 0 && length <= CREDENTIAL_NAME_MAX && name[length] == '\0' && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

char *credential_path(struct reader *reader, const config_setting_t *setting, const char *name)
{
    if (!is_credential_name(name)) {
        reader_mistake(reader, setting, "a secret's name may have only A-Z a-z 0-9 . _ -, not '%s'", name);
        return NULL;
    }
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    if (!directory || directory[0] == '\0') {
        if (!reader->plan->secrets_missing)
            reader_warn(reader, setting,
                        "secret '%s' can't be read: $CREDENTIALS_DIRECTORY is not set (run and once need it)",
                        name);
        reader->plan->secrets_missing = reader->secrets_missing = true;
        return NULL;
    }
    char *path = NULL;
    if (asprintf(&path, "%s/%s", directory, name) < 0) {
        reader->no_memory = true;
        return NULL;
    }
    return path;
}

static bool add_secret(struct reader *reader, const char *name, const char *value, size_t length)
{
    struct plan *plan = reader->plan;
    struct secret *grown = reallocarray(plan->secrets, plan->n_secrets + 1, sizeof *grown);
    if (grown)
        plan->secrets = grown;
    struct secret secret = {.name = strdup(name), .value = strndup(value, length)};
    if (!grown || !secret.name || !secret.value) {
        free(secret.name);
        if (secret.value)
            explicit_bzero(secret.value, length);
        free(secret.value);
        reader->no_memory = true;
        return false;
    }
    plan->secrets[plan->n_secrets++] = secret;
    return true;
}

/* The value of NAME, from the plan or else from its file; NULL after a mistake. */
static const char *value_of(struct reader *reader, const config_setting_t *setting, const char *name)
{
    const char *known = plan_secret(reader->plan, name);
    if (known)
        return known;
    CLEANUP_FREE char *path = credential_path(reader, setting, name);
    if (!path)
        return NULL;
    CLEANUP_FILE struct file file = {0};
    int result = file_read(path, &file);
    if (result == -ENOENT) {
        reader_mistake(reader, setting,
                       "secret '%s' is not in $CREDENTIALS_DIRECTORY: for a service, add "
                       "LoadCredential=%s:/etc/lambda-warmd/secrets/%s (systemctl edit lambda-warmd) and "
                       "restart the service; a reload does not load secrets",
                       name, name, name);
        return NULL;
    }
    if (result < 0) {
        reader_mistake(reader, setting, "secret '%s' in $CREDENTIALS_DIRECTORY: %s", name,
                       file_problem(result));
        return NULL;
    }
    if (memchr(file.bytes, '\0', file.length)) {
        reader_mistake(reader, setting, "secret '%s' contains a NUL byte", name);
        return NULL;
    }
    size_t length = file.length - (file.length > 0 && file.bytes[file.length - 1] == '\n');
    if (length == 0) {
        reader_mistake(reader, setting, "secret '%s' is empty", name);
        return NULL;
    }
    if (text_starts_with(file.bytes, BYTE_ORDER_MARK))
        reader_warn(reader, setting, "secret '%s' starts with a byte order mark (BOM), which is sent too",
                    name);
    if (memchr(file.bytes, '\r', file.length))
        reader_warn(reader, setting, "secret '%s' has CRLF line ends: the carriage returns are sent too",
                    name);
    return add_secret(reader, name, file.bytes, length) ? plan_secret(reader->plan, name) : NULL;
}

static const char *bad_character(const char *at)
{
    if (*at == '\r')
        return "a carriage return (CRLF line ends)";
    return text_starts_with(at, BYTE_ORDER_MARK) ? "a byte order mark (BOM)" : "a character";
}

void credential_read(struct reader *reader, const config_setting_t *setting, const char *name,
                     enum credential_use use)
{
    const char *value = value_of(reader, setting, name);
    if (!value || use == CREDENTIAL_IN_BODY)
        return;
    for (const char *at = value; *at; at++) {
        unsigned char c = (unsigned char)*at;
        bool control = (c < 0x20 && c != '\t') || c == 0x7f;
        if (control || (use == CREDENTIAL_IN_URL && (c <= 0x20 || c > 0x7e))) {
            reader_mistake(reader, setting, "secret '%s' has %s that isn't allowed in %s", name,
                           bad_character(at), use == CREDENTIAL_IN_URL ? "a URL" : "a header");
            return;
        }
    }
}
