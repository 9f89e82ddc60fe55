#include "aws/ini.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Where the reading stands. */
struct reading {
    struct ini *ini;
    enum ini_kind kind;
    const char *profile; /* of the section that is being read */
    bool in_section, after_key;
    size_t indent; /* of the key, where after_key */
    unsigned line;
};

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

static int mistake(const struct reading *reading, struct error *error, const char *what)
{
    return error_set(error, -EBADMSG, "%s:%u: %s", reading->ini->path, reading->line, what);
}

static int add_entry(struct reading *reading, const char *key, const char *value)
{
    struct ini *ini = reading->ini;
    struct ini_entry *grown = reallocarray(ini->entries, ini->n + 1, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    ini->entries = grown;
    ini->entries[ini->n++] =
        (struct ini_entry){.profile = reading->profile, .key = key, .value = value, .line = reading->line};
    return 0;
}

/* [profile "a b"] is [profile a b]. */
static char *unquote(char *name)
{
    size_t length = strlen(name);
    if (length < 2 || (name[0] != '"' && name[0] != '\'') || name[length - 1] != name[0])
        return name;
    name[length - 1] = '\0';
    return name + 1;
}

static const char *profile_of(enum ini_kind kind, char *section)
{
    static const char prefix[] = "profile";
    size_t length = strlen(prefix);
    if (kind == INI_CREDENTIALS)
        return unquote(section);
    if (strcmp(section, "default") == 0)
        return section;
    if (strncmp(section, prefix, length) != 0 || !strchr(" \t", section[length]) || section[length] == '\0')
        return NULL;
    return unquote(trim(section + length));
}

/* Behind the bracket only a comment may stand. */
static int read_section(struct reading *reading, char *line, struct error *error)
{
    char *end = strchr(line, ']');
    if (!end)
        return mistake(reading, error, "a section's [ has no ]");
    *end = '\0';
    const char *after = trim(end + 1);
    char *name = trim(line + 1);
    if (*after && *after != '#' && *after != ';')
        return mistake(reading, error, "text behind a section's ]");
    if (*name == '\0')
        return mistake(reading, error, "a section without a name");
    reading->profile = profile_of(reading->kind, name);
    reading->in_section = true;
    reading->after_key = false;
    return add_entry(reading, NULL, NULL);
}

/* A comment within a line begins after a blank. */
static void cut_comment(char *value)
{
    for (char *at = value; *at; at++)
        if ((*at == '#' || *at == ';') && (at == value || at[-1] == ' ' || at[-1] == '\t')) {
            *at = '\0';
            return;
        }
}

static int read_key(struct reading *reading, char *line, struct error *error)
{
    char *equals = strchr(line, '=');
    if (!equals)
        return mistake(reading, error, "neither a [section] nor key = value");
    if (!reading->in_section)
        return mistake(reading, error, "a key before the first [section]");
    *equals = '\0';
    char *key = trim(line);
    if (*key == '\0')
        return mistake(reading, error, "a value without a key");
    for (char *c = key; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    cut_comment(equals + 1);
    reading->after_key = true;
    return add_entry(reading, key, trim(equals + 1));
}

/* Lines that are indented further than the key before them go on with it (`s3 =` and its own keys): of no
 * interest here. A whole section may be indented. */
static int read_line(struct reading *reading, char *line, struct error *error)
{
    size_t indent = strspn(line, " \t");
    char *text = trim(line);
    if (*text == '\0' || *text == '#' || *text == ';' || (reading->after_key && indent > reading->indent))
        return 0;
    reading->indent = indent;
    return *text == '[' ? read_section(reading, text, error) : read_key(reading, text, error);
}

static int parse(struct ini *ini, enum ini_kind kind, struct error *error)
{
    struct reading reading = {.ini = ini, .kind = kind};
    char *at = ini->file.bytes, *end = at + ini->file.length;
    if (text_starts_with(at, "\xef\xbb\xbf"))
        at += 3;
    while (at < end) {
        char *newline = memchr(at, '\n', (size_t)(end - at));
        char *next = newline ? newline + 1 : end;
        reading.line++;
        if (memchr(at, '\0', (size_t)((newline ? newline : end) - at)))
            return mistake(&reading, error, "a NUL byte: this is no text");
        if (newline)
            *newline = '\0';
        int result = read_line(&reading, at, error);
        if (result == -ENOMEM)
            error_set(error, result, "out of memory");
        if (result < 0)
            return result;
        at = next;
    }
    return 0;
}

static int explain(const char *path, int code, struct error *error)
{
    if (code == -EACCES || code == -EPERM)
        return error_set(error, -EACCES,
                         "%s: %s, as uid %u; under systemd, root's files come by LoadCredential=aws:%s", path,
                         file_problem(code), (unsigned)geteuid(), path);
    return error_set(error, code, "%s: %s", path, file_problem(code));
}

int ini_read(const char *path, enum ini_kind kind, struct ini *ret_ini, struct error *error)
{
    CLEANUP_INI struct ini ini = {0};
    int result = file_read(path, &ini.file);
    if (result == -ENOENT || result == -ENOTDIR)
        return -ENOENT;
    if (result < 0)
        return explain(path, result, error);
    ini.path = strdup(path);
    if (!ini.path)
        return error_set(error, -ENOMEM, "out of memory");
    result = parse(&ini, kind, error);
    if (result < 0)
        return result;
    *ret_ini = ini;
    ini = (struct ini){0};
    return 0;
}

void ini_free(struct ini *ini)
{
    free(ini->path);
    free(ini->entries);
    file_free(&ini->file);
    *ini = (struct ini){0};
}

bool ini_has(const struct ini *ini, const char *profile)
{
    for (size_t i = 0; i < ini->n; i++)
        if (ini->entries[i].profile && strcmp(ini->entries[i].profile, profile) == 0)
            return true;
    return false;
}

const struct ini_entry *ini_get(const struct ini *ini, const char *profile, const char *key)
{
    for (size_t i = ini->n; i > 0; i--) {
        const struct ini_entry *entry = &ini->entries[i - 1];
        if (entry->profile && entry->key && strcmp(entry->profile, profile) == 0 &&
            strcmp(entry->key, key) == 0)
            return *entry->value ? entry : NULL;
    }
    return NULL;
}
