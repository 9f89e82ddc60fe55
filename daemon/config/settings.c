#include "config/settings.h"

#include "base/file.h"
#include "config/keys.h"
#include "config/zone_name.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>

#define STAGGER_MAX_US (3600 * US_PER_S)
#define PRICE_MAX_USD 1e6 /* far above any real one */
enum { MAX_IN_FLIGHT_MAX = 100000 };

struct daemon_settings settings_preset(void)
{
    return (struct daemon_settings){
        .max_in_flight = 1000,
        .stagger_us = 10 * US_PER_S,
        .prices = {-1, -1, -1, -1, -1, -1},
    };
}

static void read_timezone(struct reader *reader, const config_setting_t *setting)
{
    const char *name = NULL;
    struct error error = {0};
    if (!read_string(reader, setting, &name))
        return;
    int result = timezone_check(name, &error);
    if (result == 0)
        reader_keep(reader, name, &reader->plan->daemon.timezone);
    else if (result == -EINVAL)
        reader_mistake(reader, setting, "timezone: %s", error.message);
    else
        reader->no_memory = true;
}

/* Its folder may not exist until the daemon starts (RuntimeDirectory=), so refuses only what can never
 * work. */
static void read_metrics_file(struct reader *reader, const config_setting_t *setting)
{
    const char *name = NULL;
    if (!read_string(reader, setting, &name))
        return;
    size_t length = strlen(name);
    CLEANUP_FREE char *path = file_beside(reader_place(reader, setting).file, name);
    reader->no_memory |= !path;
    if (length == 0 || name[length - 1] == '/' || (path && file_check(path) == -EISDIR))
        reader_mistake(reader, setting, "metrics_file must be the path of a file, not '%s'", name);
    else if (path)
        reader_keep(reader, path, &reader->plan->daemon.metrics_file);
}

static void read_prices(struct reader *reader, const config_setting_t *group)
{
    struct price_overrides *prices = &reader->plan->daemon.prices;
    double *const kept[PRICE_KEYS] = {
        [KEY_REQUESTS] = &prices->requests_per_million,
        [KEY_GB_SECOND_X86] = &prices->gb_second_x86,
        [KEY_GB_SECOND_ARM] = &prices->gb_second_arm,
        [KEY_GATEWAY] = &prices->gateway_per_million,
        [KEY_PROVISIONED] = &prices->provisioned_gb_second,
        [KEY_PROVISIONED_DURATION] = &prices->provisioned_duration,
    };
    if (!is_group(reader, group))
        return;
    int n = config_setting_length(group);
    for (int i = 0; i < n; i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        int key = key_find(reader, setting, PLACE_PRICES);
        if (key >= 0)
            read_amount(reader, setting, PRICE_MAX_USD, kept[key]);
    }
}

static void read_log(struct reader *reader, const config_setting_t *setting)
{
    static const struct choice choices[] = {{"rounds", LOG_OF_ROUNDS}, {"changes", LOG_OF_CHANGES}};
    int value;
    if (read_choice(reader, setting, choices, COUNT_OF(choices), &value))
        reader->plan->daemon.log = (enum round_log)value;
}

static void read_key(struct reader *reader, enum daemon_key key, const config_setting_t *setting)
{
    struct daemon_settings *daemon = &reader->plan->daemon;
    switch (key) {
    case KEY_MAX_IN_FLIGHT:
        if (!read_integer(reader, setting, 1, MAX_IN_FLIGHT_MAX, &daemon->max_in_flight))
            reader->ceiling_unknown = true;
        break;
    case KEY_STAGGER:
        read_duration(reader, setting, 0, STAGGER_MAX_US, &daemon->stagger_us);
        break;
    case KEY_LOG_REQUESTS:
        read_flag(reader, setting, &daemon->log_requests);
        break;
    case KEY_LOG:
        read_log(reader, setting);
        break;
    case KEY_METRICS_FILE:
        read_metrics_file(reader, setting);
        break;
    case KEY_REALTIME:
        read_flag(reader, setting, &daemon->realtime);
        break;
    case KEY_TIMEZONE:
        read_timezone(reader, setting);
        break;
    case KEY_PRICES:
        read_prices(reader, setting);
        break;
    case DAEMON_KEYS:
        break;
    }
}

void settings_read(struct reader *reader, const config_setting_t *group)
{
    if (!is_group(reader, group)) {
        reader->ceiling_unknown = true;
        return;
    }
    int n = config_setting_length(group);
    for (int i = 0; i < n; i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        int key = key_find(reader, setting, PLACE_DAEMON);
        if (key >= 0)
            read_key(reader, (enum daemon_key)key, setting);
    }
}
