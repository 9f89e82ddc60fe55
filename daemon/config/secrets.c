#include "config/secrets.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/suggest.h"
#include "base/template.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

enum { SECRET_NAME_MAX = 255 }; /* a file's name */

/* No slash and neither "." nor "..": it names a file in the directory and nowhere else. */
static bool is_secret_name(const char *name)
{
    return text_consists_of(name, LETTERS DIGITS "._-", SECRET_NAME_MAX) && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

char *secret_path(struct reader *reader, const config_setting_t *setting, const char *name)
{
    if (!is_secret_name(name)) {
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
    if (asprintf(&path, "%s/%s", directory, name) < 0)
        path = NULL;
    reader_has(reader, path);
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

/* Whether reading the secret's file gave RESULT 0, and a value of LENGTH bytes; else records why not. */
static bool is_usable(struct reader *reader, const config_setting_t *setting, const char *name, int result,
                      const struct file *file, size_t length)
{
    if (result == -ENOENT)
        return reader_mistake(
            reader, setting,
            "secret '%s' is not in $CREDENTIALS_DIRECTORY: for a service, add "
            "LoadCredential=%s:/etc/lambda-warmd/secrets/%s (systemctl edit lambda-warmd) and "
            "restart the service; a reload does not load secrets",
            name, name, name);
    if (result < 0)
        return reader_mistake(reader, setting, "secret '%s' in $CREDENTIALS_DIRECTORY: %s", name,
                              file_problem(result));
    if (memchr(file->bytes, '\0', file->length))
        return reader_mistake(reader, setting, "secret '%s' contains a NUL byte", name);
    return length > 0 || reader_mistake(reader, setting, "secret '%s' is empty", name);
}

/* The value of NAME, from the plan or else from its file; NULL after a mistake. */
static const char *value_of(struct reader *reader, const config_setting_t *setting, const char *name)
{
    const char *known = plan_secret(reader->plan, name);
    if (known)
        return known;
    CLEANUP_FREE char *path = secret_path(reader, setting, name);
    if (!path)
        return NULL;
    CLEANUP_FILE struct file file = {0};
    int result = file_read(path, &file);
    size_t length = file.length - (file.length > 0 && file.bytes[file.length - 1] == '\n');
    if (!is_usable(reader, setting, name, result, &file, length))
        return NULL;
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

static void check_secret(struct reader *reader, const config_setting_t *setting, const char *name,
                         enum secret_use use)
{
    const char *value = value_of(reader, setting, name);
    if (!value || use == SECRET_IN_BODY)
        return;
    for (const char *at = value; *at; at++) {
        unsigned char c = (unsigned char)*at;
        bool control = (c < 0x20 && c != '\t') || c == 0x7f;
        if (control || (use == SECRET_IN_URL && (c <= 0x20 || c > 0x7e))) {
            reader_mistake(reader, setting, "secret '%s' has %s that isn't allowed in %s", name,
                           bad_character(at), use == SECRET_IN_URL ? "a URL" : "a header");
            return;
        }
    }
}

struct check {
    struct reader *reader;
    const config_setting_t *setting;
    bool is_json; /* the template */
    enum secret_use use;
    bool failed;
};

static const char *const names[] = {"round", "index", "count", "hold_ms", "credential:NAME"};
static const char credential_prefix[] = "credential:";

static bool is_value(const char *name)
{
    for (size_t i = 0; i + 1 < COUNT_OF(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* In a string it is escaped, so that it stays there; elsewhere it must be one value. */
static void check_in_json(const struct check *check, const char *credential, bool in_string)
{
    const char *value = plan_secret(check->reader->plan, credential);
    struct json_document document;
    if (!value)
        return;
    if (!in_string && json_document_read(value, strlen(value), &document, NULL) < 0)
        reader_mistake(check->reader, check->setting,
                       "secret '%s' is outside a string here and isn't a JSON value: write "
                       "\"${credential:%s}\"",
                       credential, credential);
    if (in_string && strchr(value, '\\'))
        reader_warn_once(check->reader, check->setting,
                         "secret '%s' has a backslash, which lambda-warmd escapes in this JSON: its file "
                         "must not escape it",
                         credential);
}

/* Records what is unknown and goes on, so that one reading finds every mistake. */
static int look_up(const char *name, struct text *out, void *context)
{
    struct check *check = context;
    if (is_value(name)) {
        text_add(out, "1");
    } else if (text_starts_with(name, credential_prefix)) {
        const char *credential = name + strlen(credential_prefix);
        check_secret(check->reader, check->setting, credential, check->use);
        bool in_string = json_ends_in_string(out->data ? out->data : "");
        if (check->is_json)
            check_in_json(check, credential, in_string);
        text_add(out, check->is_json && !in_string ? "0" : "x");
    } else {
        const char *near = suggest(name, names, COUNT_OF(names));
        if (near)
            reader_mistake(check->reader, check->setting, "unknown placeholder ${%s} (did you mean ${%s}?)",
                           name, near);
        else
            reader_mistake(check->reader, check->setting,
                           "unknown placeholder ${%s} (write $${ for a literal ${)", name);
        check->failed = true;
    }
    return 0;
}

char *template_check(struct reader *reader, const config_setting_t *setting, const char *template,
                     enum secret_use use)
{
    CLEANUP_TEXT struct text out = {0};
    struct check check = {.reader = reader,
                          .setting = setting,
                          .is_json = use == SECRET_IN_BODY && json_is_begun(template),
                          .use = use};
    struct error error = {0};
    int result = template_expand(template, look_up, &check, &out, &error);
    if (result == -EINVAL)
        reader_mistake(reader, setting, "%s: %s", setting_name(setting), error.message);
    reader->no_memory |= result == -ENOMEM;
    if (result < 0 || check.failed)
        return NULL;
    char *expanded = text_take(&out);
    reader_has(reader, expanded);
    return expanded;
}
