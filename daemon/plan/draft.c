/* The keys of an endpoint, and the endpoint that they make. */
#include "plan/draft.h"

#include "plan/credentials.h"
#include "plan/endpoints.h"
#include "plan/file.h"
#include "plan/syntax.h"

#include "base/clock.h"

#include <string.h>

#define INTERVAL_MIN_US (100 * US_PER_MS)
#define INTERVAL_MAX_US (UINT64_C(31) * 24 * 3600 * US_PER_S)
#define TIMEOUT_MAX_US (UINT64_C(15) * 60 * US_PER_S) /* the longest that a function may run */
#define CONNECT_TIMEOUT_MAX_US (UINT64_C(5) * 60 * US_PER_S)
#define HOLD_MAX_US (60 * US_PER_S) /* longer would be paying for sleep */

static bool read_name(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    const char *name = NULL;
    if (!read_string(draft->reader, setting, &name))
        return false;
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    if (length == 0 || length > PLAN_NAME_MAX || name[length] != '\0') {
        reader_mistake(draft->reader, setting, "name must be 1 to %d characters of A-Z a-z 0-9 . _ -",
                       PLAN_NAME_MAX);
        return false;
    }
    reader_keep(draft->reader, name, &draft->endpoint.name);
    return true;
}

static bool read_count(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    if (key == KEY_WARM)
        return read_integer(draft->reader, setting, 1, PLAN_WARM_MAX, &draft->endpoint.warm);
    return read_integer(draft->reader, setting, 1, PLAN_ATTEMPTS_MAX, &draft->endpoint.attempts);
}

static bool read_time(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    struct reader *reader = draft->reader;
    struct endpoint *endpoint = &draft->endpoint;
    if ((key == KEY_INTERVAL || key == KEY_HOLD) && setting_is_string(setting, "auto")) {
        reader_mistake(reader, setting, "%s = \"auto\" is not supported by this version",
                       setting_name(setting));
        return false;
    }
    switch (key) {
    case KEY_INTERVAL:
        return read_duration(reader, setting, INTERVAL_MIN_US, INTERVAL_MAX_US, &endpoint->interval_us);
    case KEY_JITTER:
        return read_duration(reader, setting, 0, INTERVAL_MAX_US / 2, &endpoint->jitter_us);
    case KEY_TIMEOUT:
        return read_duration(reader, setting, US_PER_MS, TIMEOUT_MAX_US, &endpoint->timeout_us);
    case KEY_CONNECT_TIMEOUT:
        return read_duration(reader, setting, US_PER_MS, CONNECT_TIMEOUT_MAX_US,
                             &endpoint->connect_timeout_us);
    default:
        return read_duration(reader, setting, 0, HOLD_MAX_US, &endpoint->hold_us);
    }
}

static bool read_protocol(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    static const struct choice protocols[] = {
        {"header", PROTOCOL_HEADER},
        {"none", PROTOCOL_NONE},
        {"lambda-warmer", CHOICE_LATER},
        {"lambda-warmer-py", CHOICE_LATER},
        {"serverless-plugin-warmup", CHOICE_LATER},
        {"opennext", CHOICE_LATER},
        {"bref", CHOICE_LATER},
        {"auto", CHOICE_LATER},
    };
    int value = PROTOCOL_HEADER;
    bool right = read_choice(draft->reader, setting, protocols, COUNT_OF(protocols), &value);
    draft->endpoint.protocol = (enum warm_protocol)value;
    return right;
}

static bool read_http_version(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    static const struct choice versions[] = {
        {"auto", HTTP_VERSION_AUTO}, {"1.1", HTTP_VERSION_1_1}, {"2", HTTP_VERSION_2}};
    int value = HTTP_VERSION_AUTO;
    bool right = read_choice(draft->reader, setting, versions, COUNT_OF(versions), &value);
    draft->endpoint.http_version = (enum http_version)value;
    return right;
}

static bool read_ip_family(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    static const struct choice families[] = {{"any", IP_FAMILY_ANY}, {"4", IP_FAMILY_4}, {"6", IP_FAMILY_6}};
    int value = IP_FAMILY_ANY;
    bool right = read_choice(draft->reader, setting, families, COUNT_OF(families), &value);
    draft->endpoint.ip_family = (enum ip_family)value;
    return right;
}

static bool read_enabled(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    return read_flag(draft->reader, setting, &draft->endpoint.enabled);
}

/* The file that a path or "credential:NAME" means, as a new string. NULL: not known, as is recorded. */
static char *resolve_path(struct reader *reader, const config_setting_t *setting, const char *text)
{
    if (text_starts_with(text, "credential:"))
        return credential_path(reader, setting, text + strlen("credential:"));
    char *path = file_beside(reader_place(reader, setting).file, text);
    reader->no_memory |= !path;
    return path;
}

static bool read_path(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    struct endpoint *endpoint = &draft->endpoint;
    char **kept = key == KEY_CA_FILE       ? &endpoint->ca_file
                  : key == KEY_CLIENT_CERT ? &endpoint->client_cert
                                           : &endpoint->client_key;
    const char *text = NULL;
    if (!read_string(draft->reader, setting, &text))
        return false;
    CLEANUP_FREE char *path = resolve_path(draft->reader, setting, text);
    if (!path)
        return false;
    int result = file_check(path);
    if (result < 0) {
        reader_mistake(draft->reader, setting, "%s '%s': %s", setting_name(setting), text,
                       file_problem(result));
        return false;
    }
    reader_keep(draft->reader, path, kept);
    return true;
}

static draft_read_key *const readers[ENDPOINT_KEYS] = {
    [KEY_NAME] = read_name,
    [KEY_URL] = draft_read_url,
    [KEY_WARM] = read_count,
    [KEY_INTERVAL] = read_time,
    [KEY_JITTER] = read_time,
    [KEY_TIMEOUT] = read_time,
    [KEY_CONNECT_TIMEOUT] = read_time,
    [KEY_METHOD] = draft_read_method,
    [KEY_HEADERS] = draft_read_headers,
    [KEY_BODY] = draft_read_body,
    [KEY_PROTOCOL] = read_protocol,
    [KEY_EXPECT] = draft_read_expect,
    [KEY_HOLD] = read_time,
    [KEY_INSTANCE] = draft_read_extract,
    [KEY_COLD] = draft_read_extract,
    [KEY_ATTEMPTS] = read_count,
    [KEY_HTTP_VERSION] = read_http_version,
    [KEY_IP_FAMILY] = read_ip_family,
    [KEY_CA_FILE] = read_path,
    [KEY_CLIENT_CERT] = read_path,
    [KEY_CLIENT_KEY] = read_path,
    [KEY_ENABLED] = read_enabled,
};

/* Values that hold where neither the endpoint nor the defaults say otherwise. */
static struct endpoint preset_endpoint(void)
{
    return (struct endpoint){
        .warm = 1,
        .interval_us = UINT64_C(5) * 60 * US_PER_S,
        .timeout_us = 30 * US_PER_S,
        .connect_timeout_us = 10 * US_PER_S,
        .hold_us = 75 * US_PER_MS,
        .attempts = 2,
        .enabled = true,
    };
}

static void read_key(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    draft->given[key] = setting;
    draft->wrong[key] = !readers[key](draft, key, setting);
}

static void read_own_keys(struct draft *draft)
{
    int n = config_setting_length(draft->group);
    for (int i = 0; i < n; i++) {
        const config_setting_t *setting = config_setting_get_elem(draft->group, (unsigned)i);
        int key = key_find(draft->reader, setting, endpoint_key_names, ENDPOINT_KEYS);
        if (key >= 0)
            read_key(draft, (enum endpoint_key)key, setting);
    }
}

/* What the endpoint leaves out. Mistakes in there were recorded when the defaults were read. */
static void inherit(struct draft *draft, const config_setting_t *defaults)
{
    draft->reader->quiet = true;
    for (int key = 0; key < ENDPOINT_KEYS; key++) {
        const config_setting_t *setting = config_setting_get_member(defaults, endpoint_key_names[key]);
        if (setting && !draft->given[key] && key != KEY_NAME && key != KEY_URL)
            read_key(draft, (enum endpoint_key)key, setting);
    }
    draft->reader->quiet = false;
}

static bool has_member(const config_setting_t *group, const char *name)
{
    return config_setting_get_member(group, name);
}

static void require(struct draft *draft)
{
    if (!draft->given[KEY_NAME])
        reader_mistake(draft->reader, draft->group, "this endpoint has no name");
    if (!draft->given[KEY_URL] && !has_member(draft->group, "function"))
        reader_mistake(draft->reader, draft->group, "this endpoint has no url");
}

void endpoint_read(struct reader *reader, const config_setting_t *group, const config_setting_t *defaults,
                   struct endpoint *ret_endpoint)
{
    struct draft draft = {.reader = reader, .group = group, .endpoint = preset_endpoint()};
    struct source_place place = reader_place(reader, group);
    draft.endpoint.source_line = place.line;
    reader_keep(reader, place.file, &draft.endpoint.source_file);
    read_own_keys(&draft);
    if (defaults)
        inherit(&draft, defaults);
    require(&draft);
    draft_finish(&draft);
    *ret_endpoint = draft.endpoint;
}

void defaults_read(struct reader *reader, const config_setting_t *defaults)
{
    struct draft draft = {.reader = reader, .group = defaults, .endpoint = preset_endpoint()};
    read_own_keys(&draft);
    static const enum endpoint_key own[] = {KEY_NAME, KEY_URL};
    for (size_t i = 0; i < COUNT_OF(own); i++)
        if (draft.given[own[i]])
            reader_mistake(reader, draft.given[own[i]],
                           "%s can't stand in defaults: each endpoint has its own",
                           endpoint_key_names[own[i]]);
    endpoint_free(&draft.endpoint);
}
