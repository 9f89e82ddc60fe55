#include "config/key_table.h"

const char *const file_key_names[FILE_KEYS] = {
#define FILE_KEY(id, name, ...) [id] = (name),
#include "config/keys.def"
};
const char *const endpoint_key_names[ENDPOINT_KEYS] = {
#define ENDPOINT_KEY(id, name, ...) [id] = (name),
#include "config/keys.def"
};
const char *const window_key_names[WINDOW_KEYS] = {
#define WINDOW_KEY(id, name, ...) [id] = (name),
#include "config/keys.def"
};
const char *const daemon_key_names[DAEMON_KEYS] = {
#define DAEMON_KEY(id, name, ...) [id] = (name),
#include "config/keys.def"
};
const char *const price_key_names[PRICE_KEYS] = {
#define PRICE_KEY(id, name, ...) [id] = (name),
#include "config/keys.def"
};

static const struct key_row file_rows[] = {
#define FILE_KEY(id, ...) {__VA_ARGS__},
#include "config/keys.def"
};
static const struct key_row endpoint_rows[] = {
#define ENDPOINT_KEY(id, ...) {__VA_ARGS__},
#include "config/keys.def"
};
static const struct key_row window_rows[] = {
#define WINDOW_KEY(id, ...) {__VA_ARGS__},
#include "config/keys.def"
};
static const struct key_row daemon_rows[] = {
#define DAEMON_KEY(id, ...) {__VA_ARGS__},
#include "config/keys.def"
};
static const struct key_row price_rows[] = {
#define PRICE_KEY(id, ...) {__VA_ARGS__},
#include "config/keys.def"
};

const struct key_section key_sections[KEY_PLACES] = {
    [PLACE_FILE] = {"At the top level of a file", "at the top level", file_key_names, file_rows, FILE_KEYS},
    [PLACE_ENDPOINT] = {"In an endpoint, endpoints = ( { ... }, ... );", "in an endpoint", endpoint_key_names,
                        endpoint_rows, ENDPOINT_KEYS},
    [PLACE_WINDOW] = {"In a window, windows = ( { ... }, ... );", "in a window", window_key_names,
                      window_rows, WINDOW_KEYS},
    [PLACE_DAEMON] = {"In daemon = { ... };", "in daemon = { }", daemon_key_names, daemon_rows, DAEMON_KEYS},
    [PLACE_PRICES] = {"In prices = { ... }; in daemon", "in prices, in daemon", price_key_names, price_rows,
                      PRICE_KEYS},
};
