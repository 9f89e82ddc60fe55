#include "aws/ini.h"

#include "aws/words.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define BLANKS " \t\r\v\f"
#define DEFAULTS "DEFAULT" /* configparser's section whose keys all the others inherit */

/* The reader's state. */
struct reading {
    struct ini *ini;
    enum ini_kind kind;
    char *value_end; /* of the last key, where lines may continue it; NULL: none */
    size_t indent;   /* of the last line that is not a continuation */
    unsigned line;
};

static char *trim(char *text)
{
    text += strspn(text, BLANKS);
    size_t length = strlen(text);
    while (length > 0 && strchr(BLANKS, text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

static int mistake(const struct reading *reading, struct error *error, const char *what)
{
    return error_set(error, -EBADMSG, "%s:%u: %s", reading->ini->path, reading->line, what);
}

static int no_memory(struct error *error)
{
    return error_set(error, -ENOMEM, "out of memory");
}

/* Finds its kind and its name, the second of two words ([profile "a b"]), as botocore does. 0, also if it has
 * none; -ENOMEM. */
static int name_section(enum ini_kind kind, struct ini_section *section)
{
    static const char *const kinds[] = {[SECTION_PROFILE] = "profile", [SECTION_SERVICES] = "services"};
    CLEANUP_WORDS struct words words = {0};
    const char *header = section->header, *name = NULL;
    if (kind == INI_CREDENTIALS || strcmp(header, "default") == 0)
        name = header;
    else if (words_split_plain(header, &words) == -ENOMEM)
        return -ENOMEM;
    for (enum section_kind i = SECTION_PROFILE; !name && words.n == 2 && i <= SECTION_SERVICES; i++)
        if (text_starts_with(header, kinds[i])) {
            section->kind = i;
            name = words.words[1];
        }
    if (!name || strcmp(header, DEFAULTS) == 0)
        return 0;
    section->name = strdup(name);
    return section->name ? 0 : -ENOMEM;
}

static bool is_twice(const struct ini *ini, const char *header)
{
    for (size_t i = 0; i < ini->n_sections; i++)
        if (strcmp(ini->sections[i].header, header) == 0)
            return strcmp(header, DEFAULTS) != 0;
    return false;
}

/* HEADER is the text between the first bracket and the last; anything after that is ignored. */
static int read_section(struct reading *reading, const char *header, struct error *error)
{
    struct ini *ini = reading->ini;
    struct ini_section section = {.header = header, .first = ini->n_entries};
    if (is_twice(ini, header))
        return mistake(reading, error, "this section appears twice");
    struct ini_section *grown = reallocarray(ini->sections, ini->n_sections + 1, sizeof *grown);
    if (!grown)
        return no_memory(error);
    ini->sections = grown;
    if (name_section(reading->kind, &section) < 0)
        return no_memory(error);
    ini->sections[ini->n_sections++] = section;
    reading->value_end = NULL;
    return 0;
}

static const struct ini_entry *entry_in(const struct ini *ini, const struct ini_section *section,
                                        const char *key)
{
    for (size_t i = section->first + section->n; i > section->first; i--)
        if (strcmp(ini->entries[i - 1].key, key) == 0)
            return &ini->entries[i - 1];
    return NULL;
}

static int read_key(struct reading *reading, char *line, struct error *error)
{
    struct ini *ini = reading->ini;
    char *delimiter = strpbrk(line, "=:");
    if (ini->n_sections == 0)
        return mistake(reading, error, "a line before the first [section]");
    if (!delimiter)
        return mistake(reading, error, "neither a [section] nor key = value");
    *delimiter = '\0';
    char *key = trim(line), *value = trim(delimiter + 1);
    struct ini_section *section = &ini->sections[ini->n_sections - 1];
    if (*key == '\0')
        return mistake(reading, error, "a value without a key");
    for (char *c = key; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    if (entry_in(ini, section, key))
        return mistake(reading, error, "this key appears twice in its section");
    struct ini_entry *grown = reallocarray(ini->entries, ini->n_entries + 1, sizeof *grown);
    if (!grown)
        return no_memory(error);
    ini->entries = grown;
    ini->entries[ini->n_entries++] = (struct ini_entry){.key = key, .value = value, .line = reading->line};
    section->n++;
    reading->value_end = value + strlen(value);
    return 0;
}

/* Lines indented further than the key before them continue its value: a long command, or nested keys below
 * an empty one (`s3 =`). The text is moved up over the blanks and comments in between. */
static int go_on(struct reading *reading, const char *text, struct error *error)
{
    const struct ini_entry *entry = &reading->ini->entries[reading->ini->n_entries - 1];
    size_t length = strlen(text);
    bool is_nested = *entry->value == '\0' || *entry->value == '\n';
    if (is_nested && !strchr(text, '='))
        return mistake(reading, error, "neither key = value nor a part of one");
    *reading->value_end++ = '\n';
    memmove(reading->value_end, text, length + 1);
    reading->value_end += length;
    return 0;
}

/* The end of [HEADER] in TEXT: its last bracket, with something before it; NULL: not a header. */
static char *header_end(char *text)
{
    char *end = *text == '[' ? strrchr(text, ']') : NULL;
    return end && end > text + 1 ? end : NULL;
}

static int read_line(struct reading *reading, char *line, struct error *error)
{
    size_t indent = strspn(line, BLANKS);
    char *text = trim(line);
    if (*text == '\0' || *text == '#' || *text == ';')
        return 0;
    if (reading->value_end && indent > reading->indent)
        return go_on(reading, text, error);
    reading->indent = indent;
    char *end = header_end(text);
    if (!end)
        return read_key(reading, text, error);
    *end = '\0';
    return read_section(reading, text + 1, error);
}

/* A line ends with \n, \r or both. */
static int parse(struct ini *ini, enum ini_kind kind, struct error *error)
{
    struct reading reading = {.ini = ini, .kind = kind};
    char *at = ini->file.bytes, *end = at + ini->file.length;
    int result = 0;
    if (text_starts_with(at, "\xef\xbb\xbf"))
        at += 3;
    for (char *next; result == 0 && at < end; at = next) {
        char *stop = at + strcspn(at, "\r\n");
        reading.line++;
        if (stop < end && *stop == '\0')
            return mistake(&reading, error, "a NUL byte: this is not a text file");
        next = stop + (stop[0] == '\r' && stop[1] == '\n' ? 2 : 1);
        *stop = '\0';
        result = read_line(&reading, at, error);
    }
    return result;
}

static int explain(const char *path, int code, struct error *error)
{
    if (code == -EACCES || code == -EPERM)
        return error_set(error, -EACCES,
                         "%s: %s, as uid %u; under systemd, pass root's files with LoadCredential=aws:%s",
                         path, file_problem(code), (unsigned)geteuid(), path);
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
        return no_memory(error);
    result = parse(&ini, kind, error);
    if (result < 0)
        return result;
    *ret_ini = ini;
    ini = (struct ini){0};
    return 0;
}

void ini_free(struct ini *ini)
{
    for (size_t i = 0; i < ini->n_sections; i++)
        free(ini->sections[i].name);
    free(ini->path);
    free(ini->sections);
    free(ini->entries);
    file_free(&ini->file);
    *ini = (struct ini){0};
}

/* The last section of KIND with NAME; NULL: none. */
static const struct ini_section *section_named(const struct ini *ini, enum section_kind kind,
                                               const char *name)
{
    for (size_t i = ini->n_sections; i > 0; i--) {
        const struct ini_section *section = &ini->sections[i - 1];
        if (section->kind == kind && section->name && strcmp(section->name, name) == 0)
            return section;
    }
    return NULL;
}

const struct ini_section *ini_profile(const struct ini *ini, const char *profile)
{
    return section_named(ini, SECTION_PROFILE, profile);
}

/* KEY in [DEFAULT]; there may be several such sections. */
static const struct ini_entry *entry_of_all(const struct ini *ini, const char *key)
{
    const struct ini_entry *entry = NULL;
    for (size_t i = ini->n_sections; !entry && i > 0; i--)
        if (strcmp(ini->sections[i - 1].header, DEFAULTS) == 0)
            entry = entry_in(ini, &ini->sections[i - 1], key);
    return entry;
}

const struct ini_entry *ini_get(const struct ini *ini, const char *profile, const char *key)
{
    const struct ini_section *section = ini_profile(ini, profile);
    const struct ini_entry *entry = section ? entry_in(ini, section, key) : NULL;
    return entry || !section ? entry : entry_of_all(ini, key);
}

/* KEY among LINES of `key = value`: the last one's value, a new string. */
static int nested_value(const char *lines, const char *key, char **ret_value)
{
    CLEANUP_FREE char *copy = strdup(lines);
    char *rest = copy, *found = NULL;
    if (!copy)
        return -ENOMEM;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *equals = strchr(line, '=');
        if (!equals)
            continue;
        *equals = '\0';
        if (strcmp(trim(line), key) == 0)
            found = trim(equals + 1);
    }
    if (!found || !*found)
        return 0;
    *ret_value = strdup(found);
    return *ret_value ? 1 : -ENOMEM;
}

int ini_get_service(const struct ini *ini, const char *name, const char *service, const char *key,
                    char **ret_value)
{
    const struct ini_section *section = section_named(ini, SECTION_SERVICES, name);
    const struct ini_entry *entry = section ? entry_in(ini, section, service) : NULL;
    if (!section)
        return -ENOENT;
    return entry && *entry->value == '\n' ? nested_value(entry->value, key, ret_value) : 0;
}
