/* Windows in local time, and how many instances are wanted at all. */
#include "config/draft.h"
#include "plan/week.h"

#include "base/clock.h"

#include <errno.h>

#define LEAD_MAX_US (UINT64_C(24) * 3600 * US_PER_S)

/* A window while it is being read. */
struct window_draft {
    struct reader *reader;
    struct window window;
    const config_setting_t *given[WINDOW_KEYS];
};

static bool read_days(struct window_draft *draft, const config_setting_t *setting)
{
    struct error error = {0};
    if (config_setting_type(setting) != CONFIG_TYPE_STRING)
        return reader_refuse_type(draft->reader, setting, "a string such as \"Mon..Fri\" or \"Sat,Sun\"");
    return reader_accept(draft->reader, setting,
                         days_parse(config_setting_get_string(setting), &draft->window.days, &error), &error);
}

static bool read_time_of_day(struct window_draft *draft, const config_setting_t *setting, uint32_t *ret_s)
{
    if (config_setting_type(setting) != CONFIG_TYPE_STRING)
        return reader_refuse_type(draft->reader, setting, "a time of day such as \"08:00\"");
    const char *text = config_setting_get_string(setting);
    if (time_of_day_parse(text, ret_s) == 0)
        return true;
    return reader_mistake(draft->reader, setting,
                          "%s: '%s' is not a time of day such as \"08:00\" or \"18:30\"",
                          setting_name(setting), text);
}

static bool read_from(struct window_draft *draft, const config_setting_t *setting)
{
    if (!read_time_of_day(draft, setting, &draft->window.from_s))
        return false;
    if (draft->window.from_s < DAY_S)
        return true;
    return reader_mistake(draft->reader, setting,
                          "from: write \"00:00\" of the next day instead of \"24:00\"");
}

static bool read_window_key(struct window_draft *draft, enum window_key key, const config_setting_t *setting)
{
    draft->given[key] = setting;
    switch (key) {
    case KEY_DAYS:
        return read_days(draft, setting);
    case KEY_FROM:
        return read_from(draft, setting);
    case KEY_TO:
        return read_time_of_day(draft, setting, &draft->window.to_s);
    case KEY_WINDOW_WARM:
        return read_integer(draft->reader, setting, 0, PLAN_WARM_MAX, &draft->window.warm);
    default:
        return read_duration(draft->reader, setting, 0, LEAD_MAX_US, &draft->window.lead_us);
    }
}

/* RIGHT: every given key is right. */
static bool check_window(struct window_draft *draft, const config_setting_t *group, bool right)
{
    static const enum window_key required[] = {KEY_FROM, KEY_TO, KEY_WINDOW_WARM};
    bool complete = true;
    for (size_t i = 0; i < COUNT_OF(required); i++)
        if (!draft->given[required[i]]) {
            reader_mistake(draft->reader, group, "this window has no %s", window_key_names[required[i]]);
            complete = false;
        }
    if (!complete || !right || draft->window.from_s != draft->window.to_s)
        return complete && right;
    return reader_mistake(draft->reader, draft->given[KEY_TO],
                          "from and to are the same time (a whole day is \"00:00\" to \"24:00\")");
}

static bool read_window(struct reader *reader, const config_setting_t *group, struct window *ret_window)
{
    struct window_draft draft = {.reader = reader, .window = {.days = EVERY_DAY}};
    bool right = true;
    if (!is_group(reader, group))
        return false;
    int n = config_setting_length(group);
    for (int i = 0; i < n; i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        int key = key_find(reader, setting, PLACE_WINDOW);
        right &= key >= 0 && read_window_key(&draft, (enum window_key)key, setting);
    }
    if (!check_window(&draft, group, right))
        return false;
    *ret_window = draft.window;
    return true;
}

bool draft_read_windows(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    struct endpoint *endpoint = &draft->endpoint;
    if (config_setting_type(setting) != CONFIG_TYPE_LIST)
        return reader_refuse_type(draft->reader, setting, "a list of windows ( { … }, … )");
    int n = config_setting_length(setting);
    endpoint->windows = calloc((size_t)n + 1, sizeof *endpoint->windows);
    if (!endpoint->windows) {
        draft->reader->no_memory = true;
        return false;
    }
    bool right = true;
    for (int i = 0; i < n; i++) {
        const config_setting_t *group = config_setting_get_elem(setting, (unsigned)i);
        if (read_window(draft->reader, group, &endpoint->windows[endpoint->n_windows]))
            endpoint->n_windows++;
        else
            right = false;
    }
    return right;
}

static void check_rest(struct draft *draft)
{
    if (endpoint_most_warm(&draft->endpoint) > 0)
        return;
    if (draft->endpoint.n_windows == 0)
        reader_mistake_once(draft->reader, draft_blame(draft, KEY_WARM, KEY_WINDOWS),
                            "warm = 0 needs windows: the endpoint then rests outside them");
    else
        reader_mistake_once(draft->reader, draft_blame(draft, KEY_WARM, KEY_WINDOWS),
                            "warm is 0 here and in every window: nothing would be kept warm");
}

static void check_ceiling(struct draft *draft, const config_setting_t *setting, uint32_t warm)
{
    uint32_t ceiling = draft->reader->plan->daemon.max_in_flight;
    if (warm > ceiling && !draft->reader->ceiling_unknown)
        reader_mistake_once(draft->reader, setting, "warm is above the daemon's max_in_flight (%u)", ceiling);
}

void draft_finish_windows(struct draft *draft)
{
    const struct endpoint *endpoint = &draft->endpoint;
    if (!draft->wrong[KEY_WARM])
        check_ceiling(draft, draft_blame(draft, KEY_WARM, KEY_WARM), endpoint->warm);
    if (draft->wrong[KEY_WARM] || draft->wrong[KEY_WINDOWS])
        return;
    check_rest(draft);
    for (size_t i = 0; i < endpoint->n_windows; i++) {
        const config_setting_t *group = config_setting_get_elem(draft->given[KEY_WINDOWS], (unsigned)i);
        check_ceiling(draft, config_setting_get_member(group, "warm"), endpoint->windows[i].warm);
    }
}
