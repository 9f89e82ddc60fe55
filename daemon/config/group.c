#include "config/group.h"

#include "base/cleanup.h"
#include "base/suggest.h"

#include <string.h>

enum { SECTION_MAX = 64 /* keys */ };

static int find(const struct key_section *section, const char *name)
{
    for (size_t i = 0; i < section->n; i++)
        if (strcmp(section->keys[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* The key of the section that NAME is a likely misspelling of; NULL: none. */
static const char *find_near(const struct key_section *section, const char *name)
{
    const char *names[SECTION_MAX];
    size_t n = section->n < SECTION_MAX ? section->n : SECTION_MAX;
    for (size_t i = 0; i < n; i++)
        names[i] = section->keys[i].name;
    return suggest(name, names, n);
}

/* Where to look for a key that can't stand where it does: the likeliest place first. */
static const enum key_place homes[] = {PLACE_ENDPOINT, PLACE_DAEMON, PLACE_FILE, PLACE_WINDOW, PLACE_PRICES};

/* Where a key NAME of the place may stand. */
static const char *where(const struct key_section *sections, enum key_place place, const char *name)
{
    const struct key_section *section = &sections[place];
    return place == PLACE_ENDPOINT && !section->keys[find(section, name)].is_own
               ? "in defaults = { } or in an endpoint"
               : section->where;
}

static void refuse(struct reader *reader, const config_setting_t *setting, enum key_place place)
{
    const struct key_section *sections = reader->sections;
    const char *name = config_setting_name(setting), *near;
    for (size_t i = 0; i < COUNT_OF(homes); i++)
        if (find(&sections[homes[i]], name) >= 0) {
            reader_mistake(reader, setting, "%s isn't allowed here: it belongs %s", name,
                           where(sections, homes[i], name));
            return;
        }
    if ((near = find_near(&sections[place], name))) {
        reader_mistake(reader, setting, "unknown key '%s' (did you mean '%s'?)", name, near);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(homes); i++)
        if ((near = find_near(&sections[homes[i]], name))) {
            reader_mistake(reader, setting, "unknown key '%s' (did you mean '%s', which belongs %s?)", name,
                           near, where(sections, homes[i], near));
            return;
        }
    reader_mistake(reader, setting, "unknown key '%s'", name);
}

int group_find(struct reader *reader, const config_setting_t *setting, enum key_place place)
{
    int key = find(&reader->sections[place], config_setting_name(setting));
    if (key < 0)
        refuse(reader, setting, place);
    return key;
}

bool group_read(struct reader *reader, enum key_place place, const config_setting_t *group, void *into,
                const config_setting_t **given, bool *wrong)
{
    bool right = true;
    int n = config_setting_length(group);
    for (int i = 0; i < n; i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        int found = group_find(reader, setting, place);
        const struct key *key = &reader->sections[place].keys[found < 0 ? 0 : found];
        bool is_right = found >= 0 && key->read(reader, key, setting, into);
        right &= is_right;
        if (found >= 0 && given)
            given[found] = setting;
        if (found >= 0 && wrong)
            wrong[found] = !is_right;
    }
    return right;
}

void group_reset(const struct key_section *section, void *into)
{
    for (size_t i = 0; i < section->n; i++)
        key_reset(&section->keys[i], into);
}

bool read_group(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    return reader_is_group(reader, setting) &&
           group_read(reader, key->place, setting, key_field(key, into), NULL, NULL);
}
