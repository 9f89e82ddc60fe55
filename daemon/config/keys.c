#include "config/keys.h"

#include "base/cleanup.h"
#include "base/suggest.h"

#include <string.h>

static int find(const struct key_section *section, const char *name)
{
    for (size_t i = 0; i < section->n; i++)
        if (strcmp(section->names[i], name) == 0)
            return (int)i;
    return -1;
}

/* Where to look for a key that can't stand where it does: the likeliest place first. */
static const enum key_place homes[] = {PLACE_ENDPOINT, PLACE_DAEMON, PLACE_FILE, PLACE_WINDOW, PLACE_PRICES};

/* Where a key NAME of the section may stand. */
static const char *where(const struct key_section *section, const char *name)
{
    bool is_endpoint = section == &key_sections[PLACE_ENDPOINT];
    return is_endpoint && key_is_inherited((enum endpoint_key)find(section, name))
               ? "in defaults = { } or in an endpoint"
               : section->where;
}

static void refuse(struct reader *reader, const config_setting_t *setting, const struct key_section *section)
{
    const char *name = config_setting_name(setting);
    for (size_t i = 0; i < COUNT_OF(homes); i++)
        if (find(&key_sections[homes[i]], name) >= 0) {
            reader_mistake(reader, setting, "%s isn't allowed here: it belongs %s", name,
                           where(&key_sections[homes[i]], name));
            return;
        }
    const char *near = suggest(name, section->names, section->n);
    if (near) {
        reader_mistake(reader, setting, "unknown key '%s' (did you mean '%s'?)", name, near);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(homes); i++)
        if ((near = suggest(name, key_sections[homes[i]].names, key_sections[homes[i]].n))) {
            reader_mistake(reader, setting, "unknown key '%s' (did you mean '%s', which belongs %s?)", name,
                           near, where(&key_sections[homes[i]], near));
            return;
        }
    reader_mistake(reader, setting, "unknown key '%s'", name);
}

bool key_is_inherited(enum endpoint_key key)
{
    return key != KEY_NAME && key != KEY_URL && key != KEY_FUNCTION;
}

int key_find(struct reader *reader, const config_setting_t *setting, enum key_place place)
{
    int key = find(&key_sections[place], config_setting_name(setting));
    if (key < 0)
        refuse(reader, setting, &key_sections[place]);
    return key;
}
