#include "config/endpoint.h"

#include "config/draft.h"
#include "config/group.h"
#include "config/preset.h"

/* Takes what the endpoint leaves out from the defaults. Their mistakes were recorded when they were read. */
static void inherit(struct draft *draft, const config_setting_t *defaults)
{
    struct reader *reader = draft->reader;
    reader->quiet = true;
    for (enum endpoint_key i = 0; i < ENDPOINT_KEYS; i++) {
        const struct key *key = &reader->sections[PLACE_ENDPOINT].keys[i];
        const config_setting_t *setting = config_setting_get_member(defaults, key->name);
        if (!setting || draft->given[i] || key->is_own)
            continue;
        draft->given[i] = setting;
        draft->wrong[i] = !key->read(reader, key, setting, &draft->endpoint);
    }
    reader->quiet = false;
}

static void require(struct draft *draft)
{
    bool url = draft->given[KEY_URL], function = draft->given[KEY_FUNCTION];
    if (!draft->given[KEY_NAME])
        reader_mistake(draft->reader, draft->group, "this endpoint has no name");
    if (!url && !function)
        reader_mistake(draft->reader, draft->group, "this endpoint has neither url nor function");
    if (url && function)
        reader_mistake(draft->reader, draft->given[KEY_FUNCTION],
                       "an endpoint needs either url or function, not both");
}

void endpoint_read(struct reader *reader, const config_setting_t *group, const config_setting_t *defaults,
                   struct endpoint *ret_endpoint)
{
    struct draft draft = {.reader = reader, .group = group, .endpoint = endpoint_preset()};
    struct source_place place = reader_place(reader, group);
    draft.endpoint.source_line = place.line;
    reader_keep(reader, place.file, &draft.endpoint.source_file);
    reader->secrets_missing = false;
    group_read(reader, PLACE_ENDPOINT, group, &draft.endpoint, draft.given, draft.wrong);
    if (defaults)
        inherit(&draft, defaults);
    require(&draft);
    finish_target(&draft);
    finish_answer(&draft);
    finish_times(&draft);
    finish_windows(&draft);
    finish_request(&draft);
    draft.endpoint.secrets_missing = reader->secrets_missing;
    *ret_endpoint = draft.endpoint;
}

void defaults_read(struct reader *reader, const config_setting_t *defaults)
{
    const struct key_section *section = &reader->sections[PLACE_ENDPOINT];
    const config_setting_t *given[ENDPOINT_KEYS] = {0};
    struct endpoint endpoint = endpoint_preset();
    group_read(reader, PLACE_ENDPOINT, defaults, &endpoint, given, NULL);
    for (size_t i = 0; i < section->n; i++)
        if (given[i] && section->keys[i].is_own)
            reader_mistake(reader, given[i], "%s isn't allowed in defaults: each endpoint needs its own",
                           section->keys[i].name);
    endpoint_free(&endpoint);
}
