/* Windows in local time, and their time zone. */
#include "config/group.h"
#include "config/readers.h"
#include "config/week.h"

#include <errno.h>

bool read_days(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    struct error error = {0};
    if (config_setting_type(setting) != CONFIG_TYPE_STRING)
        return reader_refuse_type(reader, setting, "a string such as \"Mon..Fri\" or \"Sat,Sun\"");
    return reader_accept(reader, setting,
                         days_parse(config_setting_get_string(setting), key_field(key, into), &error),
                         &error);
}

bool read_time_of_day(struct reader *reader, const struct key *key, const config_setting_t *setting,
                      void *into)
{
    uint32_t time_s = 0;
    if (config_setting_type(setting) != CONFIG_TYPE_STRING)
        return reader_refuse_type(reader, setting, "a time of day such as \"08:00\"");
    const char *text = config_setting_get_string(setting);
    if (time_of_day_parse(text, &time_s) < 0)
        return reader_mistake(reader, setting, "%s: '%s' is not a time of day such as \"08:00\" or \"18:30\"",
                              key->name, text);
    if (time_s > key->high)
        return reader_mistake(reader, setting, "%s: write \"00:00\" of the next day instead of \"24:00\"",
                              key->name);
    *(uint32_t *)key_field(key, into) = time_s;
    return true;
}

static bool read_window(struct reader *reader, const struct key *key, const config_setting_t *group,
                        void *into)
{
    const struct key_section *section = &reader->sections[key->place];
    struct window *window = into;
    *window = (struct window){.days = EVERY_DAY};
    if (!reader_is_group(reader, group))
        return false;
    bool right = group_read(reader, key->place, group, window, NULL, NULL);
    for (size_t i = 0; i < section->n; i++)
        if (section->keys[i].is_required && !config_setting_get_member(group, section->keys[i].name))
            right = reader_mistake(reader, group, "this window has no %s", section->keys[i].name);
    if (right && window->from_s == window->to_s)
        return reader_mistake(reader, config_setting_get_member(group, "to"),
                              "from and to are the same time (a whole day is \"00:00\" to \"24:00\")");
    return right;
}

bool read_windows(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    struct endpoint *endpoint = into;
    if (config_setting_type(setting) != CONFIG_TYPE_LIST)
        return reader_refuse_type(reader, setting, "a list of windows ( { … }, … )");
    endpoint->windows =
        read_each(reader, key, setting, read_window, sizeof *endpoint->windows, &endpoint->n_windows);
    return endpoint->n_windows == (size_t)config_setting_length(setting);
}

bool judge_timezone(struct reader *reader, const config_setting_t *setting, const char *name)
{
    struct error error = {0};
    int result = timezone_check(name, &error);
    if (result == -EINVAL)
        return reader_mistake(reader, setting, "timezone: %s", error.message);
    return result == 0 || reader_has(reader, NULL);
}
