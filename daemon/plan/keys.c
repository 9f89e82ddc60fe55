#include "plan/keys.h"

#include "base/cleanup.h"
#include "base/suggest.h"

#include <string.h>

const char *const endpoint_key_names[ENDPOINT_KEYS] = {
    [KEY_NAME] = "name",
    [KEY_URL] = "url",
    [KEY_WARM] = "warm",
    [KEY_INTERVAL] = "interval",
    [KEY_JITTER] = "jitter",
    [KEY_TIMEOUT] = "timeout",
    [KEY_CONNECT_TIMEOUT] = "connect_timeout",
    [KEY_METHOD] = "method",
    [KEY_HEADERS] = "headers",
    [KEY_BODY] = "body",
    [KEY_PROTOCOL] = "protocol",
    [KEY_EXPECT] = "expect",
    [KEY_HOLD] = "hold",
    [KEY_INSTANCE] = "instance",
    [KEY_COLD] = "cold",
    [KEY_ATTEMPTS] = "attempts",
    [KEY_HTTP_VERSION] = "http_version",
    [KEY_IP_FAMILY] = "ip_family",
    [KEY_CA_FILE] = "ca_file",
    [KEY_CLIENT_CERT] = "client_cert",
    [KEY_CLIENT_KEY] = "client_key",
    [KEY_ENABLED] = "enabled",
};

const char *const daemon_key_names[DAEMON_KEYS] = {
    [KEY_MAX_IN_FLIGHT] = "max_in_flight",
    [KEY_STAGGER] = "stagger",
    [KEY_LOG_REQUESTS] = "log_requests",
    [KEY_REALTIME] = "realtime",
};

const char *const file_key_names[FILE_KEYS] = {
    [KEY_ENDPOINTS] = "endpoints",
    [KEY_DEFAULTS] = "defaults",
    [KEY_DAEMON] = "daemon",
};

/* Documented for versions to come: who writes one did not misspell it. */
static const char *const later_endpoint_keys[] = {
    "function",     "region", "qualifier", "tenant_id", "profile",   "mode", "endpoint_url", "interval_min",
    "interval_max", "auth",   "service",   "windows",   "memory_mb", "arch", "budget",
};
static const char *const later_daemon_keys[] = {"metrics_file", "timezone", "prices"};

static bool is_among(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool comes_later(const char *name, const char *const *names)
{
    if (names == endpoint_key_names)
        return is_among(name, later_endpoint_keys, COUNT_OF(later_endpoint_keys));
    return names == daemon_key_names && is_among(name, later_daemon_keys, COUNT_OF(later_daemon_keys));
}

int key_find(struct reader *reader, const config_setting_t *setting, const char *const *names, size_t n)
{
    const char *name = config_setting_name(setting);
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    const char *near = suggest(name, names, n);
    if (comes_later(name, names))
        reader_mistake(reader, setting, "'%s' is not supported by this version", name);
    else if (near)
        reader_mistake(reader, setting, "unknown key '%s' (did you mean '%s'?)", name, near);
    else
        reader_mistake(reader, setting, "unknown key '%s'", name);
    return -1;
}
