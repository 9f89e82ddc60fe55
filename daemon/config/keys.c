#include "config/keys.h"

#include "base/clock.h"
#include "config/group.h"
#include "config/readers.h"
#include "config/week.h"
#include "plan/function_name.h"

#define INTERVAL_MIN_US (100 * US_PER_MS)
#define INTERVAL_MAX_US (31 * US_PER_DAY)
enum { AMOUNT_MAX_USD = 1000000 /* far above any real price or budget */ };

static const struct choice modes[] = {{"sync", INVOKE_SYNC}, {"event", INVOKE_EVENT}};
static const struct choice auths[] = {{"none", AUTH_NONE}, {"sigv4", AUTH_SIGV4}};
static const struct choice architectures[] = {{"x86_64", ARCHITECTURE_X86_64}, {"arm64", ARCHITECTURE_ARM64}};
static const struct choice ip_families[] = {{"any", IP_FAMILY_ANY}, {"4", IP_FAMILY_4}, {"6", IP_FAMILY_6}};
static const struct choice logs[] = {{"rounds", LOG_OF_ROUNDS}, {"changes", LOG_OF_CHANGES}};
static const struct choice http_versions[] = {
    {"auto", HTTP_VERSION_AUTO}, {"1.1", HTTP_VERSION_1_1}, {"2", HTTP_VERSION_2}};
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

/* The offset of a field, which must be of this type. */
/* NOLINTNEXTLINE(bugprone-macro-parentheses): types can't have them. */
#define AT(type, name) _Generic(&((ROW_OF *)NULL)->name, type * : offsetof(ROW_OF, name))
#define AT_ENUM(name) (offsetof(ROW_OF, name) + 0 / (sizeof((ROW_OF *)NULL)->name == sizeof(int)))

/* What help shows of a value that the row doesn't spell out: its type, its bounds, its preset. */
#define SHOWN(type, bounds, preset_shown)                                                                    \
    .type_text = (type), .bounds_text = (bounds), .preset_text = (preset_shown)

/* The kinds of values; PRESET is the value where the key isn't given. */
#define OTHER(reader) .read = (reader)
#define DURATION_READ(reader, name, least, most, preset_us)                                                  \
    .kind = VALUE_DURATION, .read = (reader), .field = AT(uint64_t, name), .low = (least), .high = (most),   \
    .preset = (preset_us)
#define DURATION(...) DURATION_READ(read_duration, __VA_ARGS__)
#define DURATION_OR_AUTO(name, auto_name, ...)                                                               \
    DURATION_READ(read_duration_or_auto, name, __VA_ARGS__), .auto_field = AT(bool, auto_name)
#define INTEGER(name, least, most, preset_value)                                                             \
    .kind = VALUE_INTEGER, .read = read_integer, .field = AT(uint32_t, name), .low = (least),                \
    .high = (most), .preset = (preset_value)
#define AMOUNT(reader, name, preset_usd)                                                                     \
    .kind = VALUE_AMOUNT, .read = (reader), .field = AT(double, name), .high = AMOUNT_MAX_USD,               \
    .preset = (preset_usd)
#define PRICE(name) AMOUNT(read_amount, name, -1), SHOWN("USD", "", "table's")
#define FLAG(name, preset_value)                                                                             \
    .kind = VALUE_FLAG, .read = read_flag, .field = AT(bool, name), .preset = (preset_value)
#define CHOICE(name, values, preset_value)                                                                   \
    .kind = VALUE_CHOICE, .read = read_choice, .field = AT_ENUM(name), .choices = (values),                  \
    .n_choices = COUNT_OF(values), .preset = (preset_value)
#define TEXT_READ(type, reader, name, bounds, preset_shown)                                                  \
    .kind = VALUE_TEXT, .read = (reader), .field = AT(char *, name), SHOWN(type, bounds, preset_shown)
#define TEXT(its_judge, ...) TEXT_READ("text", read_text, __VA_ARGS__), .judge = (its_judge)
#define PATH(...) TEXT_READ("path", __VA_ARGS__)
#define FORM(name, test, preset_shown, words)                                                                \
    TEXT_READ("text", read_text, name, "", preset_shown), .has_form = (test), .form = (words)
#define TIME_OF_DAY(name, most)                                                                              \
    .read = read_time_of_day, .field = AT(uint32_t, name), .high = (most), .type_text = "text",              \
    .bounds_text = "HH:MM[:SS]"

/* What else a row may say of its key. */
#define OWN(...) __VA_ARGS__, .is_own = true /* not in defaults */
#define REQUIRED(...) __VA_ARGS__, .is_required = true
#define NEEDS(what, ...) __VA_ARGS__, .need = NEED_##what

#define ROW(id, its_name, its_text, ...) [id] = {.name = (its_name), .text = (its_text), __VA_ARGS__},

static const struct key file_rows[] = {
#define FILE_KEY ROW
#include "config/keys.def"
};
#define ROW_OF struct endpoint
static const struct key endpoint_rows[] = {
#define ENDPOINT_KEY ROW
#include "config/keys.def"
};
#undef ROW_OF
#define ROW_OF struct window
static const struct key window_rows[] = {
#define WINDOW_KEY(id, its_name, its_text, ...) {.name = (its_name), .text = (its_text), __VA_ARGS__},
#include "config/keys.def"
};
#undef ROW_OF
#define ROW_OF struct daemon_settings
static const struct key daemon_rows[] = {
#define DAEMON_KEY ROW
#include "config/keys.def"
};
#undef ROW_OF
#define ROW_OF struct price_overrides
static const struct key price_rows[] = {
#define PRICE_KEY(id, its_name, its_text, ...) {.name = (its_name), .text = (its_text), __VA_ARGS__},
#include "config/keys.def"
};

#define ROWS(array) .keys = (array), .n = COUNT_OF(array)
const struct key_section key_sections[KEY_PLACES] = {
    [PLACE_FILE] = {"At the top level of a file", "at the top level", ROWS(file_rows)},
    [PLACE_ENDPOINT] = {"In an endpoint, endpoints = ( { ... }, ... );", "in an endpoint",
                        ROWS(endpoint_rows)},
    [PLACE_WINDOW] = {"In a window, windows = ( { ... }, ... );", "in a window", ROWS(window_rows)},
    [PLACE_DAEMON] = {"In daemon = { ... };", "in daemon = { }", ROWS(daemon_rows)},
    [PLACE_PRICES] = {"In prices = { ... }; in daemon", "in prices, in daemon", ROWS(price_rows)},
};
