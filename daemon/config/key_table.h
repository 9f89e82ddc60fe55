/* The keys of a configuration, as config/keys.def lists them. */
#ifndef WARMD_CONFIG_KEY_TABLE_H
#define WARMD_CONFIG_KEY_TABLE_H

#include <stddef.h>

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
enum window_key {
#define WINDOW_KEY(id, ...) id,
#include "config/keys.def"
    WINDOW_KEYS
};
enum daemon_key {
#define DAEMON_KEY(id, ...) id,
#include "config/keys.def"
    DAEMON_KEYS
};
enum price_key {
#define PRICE_KEY(id, ...) id,
#include "config/keys.def"
    PRICE_KEYS
};

extern const char *const file_key_names[FILE_KEYS];
extern const char *const endpoint_key_names[ENDPOINT_KEYS];
extern const char *const window_key_names[WINDOW_KEYS];
extern const char *const daemon_key_names[DAEMON_KEYS];
extern const char *const price_key_names[PRICE_KEYS];

/* What help says about a key. */
struct key_row {
    const char *name;
    const char *type;
    const char *bounds; /* "": none, or the type says it */
    const char *preset; /* the default */
    const char *text;
};

/* The keys that may stand in one place. */
struct key_section {
    const char *title; /* "In daemon = { ... };" */
    const char *where; /* "in daemon = { }" */
    const char *const *names;
    const struct key_row *rows;
    size_t n;
};

enum key_place { PLACE_FILE, PLACE_ENDPOINT, PLACE_WINDOW, PLACE_DAEMON, PLACE_PRICES, KEY_PLACES };
extern const struct key_section key_sections[KEY_PLACES];

#endif
