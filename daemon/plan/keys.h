/* The names of keys: which exist, and what an unknown one was meant to be. */
#ifndef WARMD_PLAN_KEYS_H
#define WARMD_PLAN_KEYS_H

#include "plan/reader.h"

enum endpoint_key {
    KEY_NAME,
    KEY_URL,
    KEY_FUNCTION,
    KEY_QUALIFIER,
    KEY_REGION,
    KEY_TENANT_ID,
    KEY_PROFILE,
    KEY_ENDPOINT_URL,
    KEY_MODE,
    KEY_AUTH,
    KEY_SERVICE,
    KEY_WARM,
    KEY_WINDOWS,
    KEY_INTERVAL,
    KEY_INTERVAL_MIN,
    KEY_INTERVAL_MAX,
    KEY_JITTER,
    KEY_TIMEOUT,
    KEY_CONNECT_TIMEOUT,
    KEY_METHOD,
    KEY_HEADERS,
    KEY_BODY,
    KEY_PROTOCOL,
    KEY_EXPECT,
    KEY_HOLD,
    KEY_INSTANCE,
    KEY_COLD,
    KEY_ATTEMPTS,
    KEY_MEMORY_MB,
    KEY_ARCH,
    KEY_BUDGET,
    KEY_HTTP_VERSION,
    KEY_IP_FAMILY,
    KEY_CA_FILE,
    KEY_CLIENT_CERT,
    KEY_CLIENT_KEY,
    KEY_ENABLED,
    ENDPOINT_KEYS
};
enum daemon_key {
    KEY_MAX_IN_FLIGHT,
    KEY_STAGGER,
    KEY_LOG_REQUESTS,
    KEY_METRICS_FILE,
    KEY_REALTIME,
    KEY_TIMEZONE,
    KEY_PRICES,
    DAEMON_KEYS
};
enum window_key { KEY_DAYS, KEY_FROM, KEY_TO, KEY_WINDOW_WARM, KEY_LEAD, WINDOW_KEYS };
enum price_key {
    KEY_REQUESTS,
    KEY_GB_SECOND_X86,
    KEY_GB_SECOND_ARM,
    KEY_GATEWAY,
    KEY_PROVISIONED,
    KEY_PROVISIONED_DURATION,
    PRICE_KEYS
};
enum file_key { KEY_ENDPOINTS, KEY_DEFAULTS, KEY_DAEMON, FILE_KEYS };

extern const char *const endpoint_key_names[ENDPOINT_KEYS];
extern const char *const daemon_key_names[DAEMON_KEYS];
extern const char *const window_key_names[WINDOW_KEYS];
extern const char *const price_key_names[PRICE_KEYS];
extern const char *const file_key_names[FILE_KEYS];

/* SETTING's number among N NAMES, or -1 after its mistake is recorded. */
int key_find(struct reader *reader, const config_setting_t *setting, const char *const *names, size_t n);

#endif
