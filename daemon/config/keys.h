/* The table of keys, config/keys.def. */
#ifndef WARMD_CONFIG_KEYS_H
#define WARMD_CONFIG_KEYS_H

#include "config/reader.h"

enum file_key {
#define FILE_KEY(id, ...) id,
#include "config/keys.def"
    FILE_KEYS
};
enum endpoint_key {
#define ENDPOINT_KEY(id, ...) id,
#include "config/keys.def"
    ENDPOINT_KEYS
};
enum daemon_key {
#define DAEMON_KEY(id, ...) id,
#include "config/keys.def"
    DAEMON_KEYS
};

extern const struct key_section key_sections[KEY_PLACES];

#endif
