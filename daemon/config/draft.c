#include "config/draft.h"

#include <string.h>
#include <strings.h>

bool draft_is_own(const struct draft *draft, enum endpoint_key key)
{
    return draft->given[key] && config_setting_parent(draft->given[key]) == draft->group;
}

const config_setting_t *draft_blame(const struct draft *draft, enum endpoint_key first,
                                    enum endpoint_key second)
{
    if (draft_is_own(draft, first))
        return draft->given[first];
    if (draft_is_own(draft, second))
        return draft->given[second];
    return draft->given[first] ? draft->given[first] : draft->group;
}

bool draft_is_function(const struct draft *draft)
{
    return draft->given[KEY_FUNCTION];
}

bool draft_has_target(const struct draft *draft)
{
    return !draft->given[KEY_URL] != !draft->given[KEY_FUNCTION];
}

const char *draft_target(const struct draft *draft)
{
    return draft_is_function(draft) ? draft->endpoint.endpoint_url : draft->endpoint.url;
}

enum endpoint_key draft_target_key(const struct draft *draft)
{
    return draft_is_function(draft) ? KEY_ENDPOINT_URL : KEY_URL;
}

const config_setting_t *draft_header(const struct draft *draft, const char *name)
{
    const config_setting_t *headers = draft->given[KEY_HEADERS];
    size_t length = strlen(name);
    int n = headers && !draft->wrong[KEY_HEADERS] ? config_setting_length(headers) : 0;
    for (int i = 0; i < n; i++) {
        const config_setting_t *element = config_setting_get_elem(headers, (unsigned)i);
        const char *header = config_setting_get_string(element);
        if (strncasecmp(header, name, length) == 0 && header[length] == ':')
            return element;
    }
    return NULL;
}

void draft_drop(struct draft *draft, enum need need, bool settled, const char *why)
{
    const struct key_section *section = &draft->reader->sections[PLACE_ENDPOINT];
    for (enum endpoint_key key = 0; key < ENDPOINT_KEYS; key++) {
        if (section->keys[key].need != need)
            continue;
        if (settled && draft_is_own(draft, key))
            reader_mistake(draft->reader, draft->given[key], "%s has no effect%s", section->keys[key].name,
                           why);
        key_reset(&section->keys[key], &draft->endpoint);
    }
}
