#include "plan/keys.h"

#include "base/cleanup.h"
#include "base/suggest.h"

#include <string.h>

const char *const endpoint_key_names[ENDPOINT_KEYS] = {
    [KEY_NAME] = "name",
    [KEY_URL] = "url",
    [KEY_FUNCTION] = "function",
    [KEY_QUALIFIER] = "qualifier",
    [KEY_REGION] = "region",
    [KEY_TENANT_ID] = "tenant_id",
    [KEY_PROFILE] = "profile",
    [KEY_ENDPOINT_URL] = "endpoint_url",
    [KEY_MODE] = "mode",
    [KEY_AUTH] = "auth",
    [KEY_SERVICE] = "service",
    [KEY_WARM] = "warm",
    [KEY_WINDOWS] = "windows",
    [KEY_INTERVAL] = "interval",
    [KEY_INTERVAL_MIN] = "interval_min",
    [KEY_INTERVAL_MAX] = "interval_max",
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
    [KEY_MEMORY_MB] = "memory_mb",
    [KEY_ARCH] = "arch",
    [KEY_BUDGET] = "budget",
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
    [KEY_METRICS_FILE] = "metrics_file",
    [KEY_REALTIME] = "realtime",
    [KEY_TIMEZONE] = "timezone",
    [KEY_PRICES] = "prices",
};

const char *const window_key_names[WINDOW_KEYS] = {
    [KEY_DAYS] = "days",        [KEY_FROM] = "from", [KEY_TO] = "to",
    [KEY_WINDOW_WARM] = "warm", [KEY_LEAD] = "lead",
};

const char *const price_key_names[PRICE_KEYS] = {
    [KEY_REQUESTS] = "requests_per_million",
    [KEY_GB_SECOND_X86] = "gb_second_x86_64",
    [KEY_GB_SECOND_ARM] = "gb_second_arm64",
    [KEY_GATEWAY] = "gateway_per_million",
    [KEY_PROVISIONED] = "provisioned_gb_second",
    [KEY_PROVISIONED_DURATION] = "provisioned_duration_gb_second",
};

const char *const file_key_names[FILE_KEYS] = {
    [KEY_ENDPOINTS] = "endpoints",
    [KEY_DEFAULTS] = "defaults",
    [KEY_DAEMON] = "daemon",
};

int key_find(struct reader *reader, const config_setting_t *setting, const char *const *names, size_t n)
{
    const char *name = config_setting_name(setting);
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    const char *near = suggest(name, names, n);
    if (near)
        reader_mistake(reader, setting, "unknown key '%s' (did you mean '%s'?)", name, near);
    else
        reader_mistake(reader, setting, "unknown key '%s'", name);
    return -1;
}
