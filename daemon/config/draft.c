/* The keys of an endpoint, and the endpoint that they make. */
#include "config/draft.h"

#include "base/file.h"
#include "config/endpoints.h"
#include "config/systemd_credential.h"

#include "base/clock.h"

#include <string.h>

static bool read_name(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    const char *name = NULL;
    if (!read_string(draft->reader, setting, &name))
        return false;
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    if (length == 0 || length > PLAN_NAME_MAX || name[length] != '\0')
        return reader_mistake(draft->reader, setting,
                              "name must have 1 to %d characters of A-Z a-z 0-9 . _ -", PLAN_NAME_MAX);
    reader_keep(draft->reader, name, &draft->endpoint.name);
    return true;
}

static bool read_count(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    if (key == KEY_WARM)
        return read_integer(draft->reader, setting, 0, PLAN_WARM_MAX, &draft->endpoint.warm);
    if (key == KEY_STREAMS)
        return read_integer(draft->reader, setting, 1, PLAN_STREAMS_MAX, &draft->endpoint.streams);
    return read_integer(draft->reader, setting, 1, PLAN_ATTEMPTS_MAX, &draft->endpoint.attempts);
}

static bool read_protocol(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    static const struct choice protocols[] = {
        {"header", PROTOCOL_HEADER},
        {"lambda-warmer", PROTOCOL_LAMBDA_WARMER},
        {"lambda-warmer-py", PROTOCOL_LAMBDA_WARMER_PY},
        {"serverless-plugin-warmup", PROTOCOL_SERVERLESS_PLUGIN_WARMUP},
        {"opennext", PROTOCOL_OPENNEXT},
        {"bref", PROTOCOL_BREF},
        {"auto", PROTOCOL_AUTO},
        {"none", PROTOCOL_NONE},
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

/* The file that a path or "credential:NAME" means, as a new string. NULL: unknown, and that is recorded. */
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
    if (result < 0)
        return reader_mistake(draft->reader, setting, "%s '%s': %s", setting_name(setting), text,
                              file_problem(result));
    reader_keep(draft->reader, path, kept);
    return true;
}

static draft_read_key *const readers[ENDPOINT_KEYS] = {
    [KEY_NAME] = read_name,
    [KEY_URL] = draft_read_url,
    [KEY_FUNCTION] = draft_read_function,
    [KEY_QUALIFIER] = draft_read_aws_name,
    [KEY_REGION] = draft_read_aws_name,
    [KEY_TENANT_ID] = draft_read_aws_name,
    [KEY_PROFILE] = draft_read_aws_name,
    [KEY_ENDPOINT_URL] = draft_read_endpoint_url,
    [KEY_MODE] = draft_read_mode,
    [KEY_AUTH] = draft_read_auth,
    [KEY_SERVICE] = draft_read_aws_name,
    [KEY_WARM] = read_count,
    [KEY_WINDOWS] = draft_read_windows,
    [KEY_INTERVAL] = draft_read_time,
    [KEY_INTERVAL_MIN] = draft_read_time,
    [KEY_INTERVAL_MAX] = draft_read_time,
    [KEY_JITTER] = draft_read_time,
    [KEY_TIMEOUT] = draft_read_time,
    [KEY_CONNECT_TIMEOUT] = draft_read_time,
    [KEY_METHOD] = draft_read_method,
    [KEY_HEADERS] = draft_read_headers,
    [KEY_BODY] = draft_read_body,
    [KEY_PROTOCOL] = read_protocol,
    [KEY_EXPECT] = draft_read_expect,
    [KEY_HOLD] = draft_read_time,
    [KEY_INSTANCE] = draft_read_extract,
    [KEY_COLD] = draft_read_extract,
    [KEY_ATTEMPTS] = read_count,
    [KEY_MAX_BODY] = draft_read_max_body,
    [KEY_MEMORY_MB] = draft_read_memory,
    [KEY_ARCH] = draft_read_arch,
    [KEY_BUDGET] = draft_read_budget,
    [KEY_HTTP_VERSION] = read_http_version,
    [KEY_STREAMS] = read_count,
    [KEY_IP_FAMILY] = read_ip_family,
    [KEY_CA_FILE] = read_path,
    [KEY_CLIENT_CERT] = read_path,
    [KEY_CLIENT_KEY] = read_path,
    [KEY_ENABLED] = read_enabled,
};

/* Values used if neither the endpoint nor the defaults give one. */
static struct endpoint preset_endpoint(void)
{
    return (struct endpoint){
        .warm = 1,
        .interval_us = UINT64_C(5) * 60 * US_PER_S,
        .timeout_us = 30 * US_PER_S,
        .connect_timeout_us = 10 * US_PER_S,
        .hold_us = 75 * US_PER_MS,
        .attempts = 2,
        .memory_mb = 1024,
        .max_body_bytes = PLAN_BODY_BYTES,
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
        int key = key_find(draft->reader, setting, PLACE_ENDPOINT);
        if (key >= 0)
            read_key(draft, (enum endpoint_key)key, setting);
    }
}

/* Takes what the endpoint leaves out from the defaults. Their mistakes were recorded when they were read. */
static void inherit(struct draft *draft, const config_setting_t *defaults)
{
    draft->reader->quiet = true;
    for (enum endpoint_key key = 0; key < ENDPOINT_KEYS; key++) {
        const config_setting_t *setting = config_setting_get_member(defaults, endpoint_key_names[key]);
        if (setting && !draft->given[key] && key_is_inherited(key))
            read_key(draft, key, setting);
    }
    draft->reader->quiet = false;
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
    struct draft draft = {.reader = reader, .group = group, .endpoint = preset_endpoint()};
    struct source_place place = reader_place(reader, group);
    draft.endpoint.source_line = place.line;
    reader_keep(reader, place.file, &draft.endpoint.source_file);
    reader->secrets_missing = false;
    read_own_keys(&draft);
    if (defaults)
        inherit(&draft, defaults);
    require(&draft);
    draft_finish(&draft);
    draft.endpoint.secrets_missing = reader->secrets_missing;
    *ret_endpoint = draft.endpoint;
}

void defaults_read(struct reader *reader, const config_setting_t *defaults)
{
    struct draft draft = {.reader = reader, .group = defaults, .endpoint = preset_endpoint()};
    read_own_keys(&draft);
    for (enum endpoint_key key = 0; key < ENDPOINT_KEYS; key++)
        if (draft.given[key] && !key_is_inherited(key))
            reader_mistake(reader, draft.given[key],
                           "%s isn't allowed in defaults: each endpoint needs its own",
                           endpoint_key_names[key]);
    endpoint_free(&draft.endpoint);
}
