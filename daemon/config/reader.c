#include "config/reader.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

struct source_place reader_place(const struct reader *reader, const config_setting_t *setting)
{
    return source_place(reader->source, config_setting_source_line(setting));
}

/* Whether the last mistake is known. */
static bool is_repeated(const struct mistakes *mistakes)
{
    const struct mistake *last = &mistakes->items[mistakes->n - 1];
    for (size_t i = mistakes->n - 1; i-- > 0;) {
        const struct mistake *known = &mistakes->items[i];
        if (known->line == last->line && strcmp(known->text, last->text) == 0 &&
            strcmp(known->file, last->file) == 0)
            return true;
    }
    return false;
}

bool reader_tell(struct reader *reader, const config_setting_t *setting, enum tone tone, const char *format,
                 ...)
{
    struct source_place place = reader_place(reader, setting);
    struct mistakes *mistakes = reader->mistakes;
    bool warning = tone == WARNING || tone == WARNING_ONCE,
         once = tone == MISTAKE_ONCE || tone == WARNING_ONCE;
    va_list args;
    if (reader->quiet)
        return false;
    va_start(args, format);
    struct mistake *mistake = mistakes_record(mistakes, place.file, place.line, warning, format, args);
    va_end(args);
    if (!reader_has(reader, mistake))
        return false;
    /* By line, whatever was read first; within a line, as they were found. */
    mistake->order = (uint64_t)config_setting_source_line(setting) << 32 | (mistakes->n - 1);
    mistake->word = strdup(setting_name(setting));
    if (once && is_repeated(mistakes))
        mistakes_drop(mistakes, mistakes->n - 1);
    return false;
}

const char *setting_name(const config_setting_t *setting)
{
    const config_setting_t *named = setting;
    while (named && !config_setting_name(named))
        named = config_setting_parent(named);
    return named ? config_setting_name(named) : "the file";
}

bool setting_is_string(const config_setting_t *setting, const char *string)
{
    return config_setting_type(setting) == CONFIG_TYPE_STRING &&
           strcmp(config_setting_get_string(setting), string) == 0;
}

bool setting_is_list(const config_setting_t *setting)
{
    return config_setting_type(setting) == CONFIG_TYPE_LIST ||
           config_setting_type(setting) == CONFIG_TYPE_ARRAY;
}

const char *setting_type(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_GROUP:
        return "a group { }";
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return "an integer";
    case CONFIG_TYPE_FLOAT:
        return "a number with a fraction";
    case CONFIG_TYPE_STRING:
        return "a string";
    case CONFIG_TYPE_BOOL:
        return "a boolean";
    case CONFIG_TYPE_ARRAY:
        return "an array [ ]";
    case CONFIG_TYPE_LIST:
        return "a list ( )";
    default:
        return "nothing";
    }
}

static bool has_integer(const config_setting_t *setting)
{
    return config_setting_type(setting) == CONFIG_TYPE_INT ||
           config_setting_type(setting) == CONFIG_TYPE_INT64;
}

/* How a message about a value, or one of several, begins. */
static const char *subject_prefix(const config_setting_t *setting)
{
    return config_setting_name(setting) ? "" : "each of ";
}

bool reader_refuse_type(struct reader *reader, const config_setting_t *setting, const char *wanted)
{
    return reader_mistake(reader, setting, "%s%s must be %s, not %s", subject_prefix(setting),
                          setting_name(setting), wanted, setting_type(setting));
}

bool reader_accept(struct reader *reader, const config_setting_t *setting, int result,
                   const struct error *error)
{
    if (result == -ENOMEM)
        reader->no_memory = true;
    else if (result < 0)
        reader_mistake(reader, setting, "%s", error->message);
    return result == 0;
}

bool reader_string(struct reader *reader, const config_setting_t *setting, const char **ret_string)
{
    *ret_string = config_setting_get_string(setting); /* NULL: it is none */
    return *ret_string || reader_refuse_type(reader, setting, "a string");
}

bool reader_is_group(struct reader *reader, const config_setting_t *setting)
{
    return config_setting_type(setting) == CONFIG_TYPE_GROUP ||
           reader_refuse_type(reader, setting, "a group { }");
}

bool reader_has(struct reader *reader, const void *pointer)
{
    reader->no_memory |= !pointer;
    return pointer;
}

bool reader_keep(struct reader *reader, const char *string, char **kept)
{
    char *copy = strdup(string);
    if (reader_has(reader, copy)) {
        free(*kept);
        *kept = copy;
    }
    return true;
}

void *key_field(const struct key *key, void *into)
{
    return (char *)into + key->field;
}

void key_reset(const struct key *key, void *into)
{
    void *field = key_field(key, into);
    switch (key->kind) {
    case VALUE_TEXT:
        free(*(char **)field);
        *(char **)field = NULL;
        break;
    case VALUE_DURATION:
        *(uint64_t *)field = (uint64_t)key->preset;
        break;
    case VALUE_INTEGER:
        *(uint32_t *)field = (uint32_t)key->preset;
        break;
    case VALUE_AMOUNT:
        *(double *)field = (double)key->preset;
        break;
    case VALUE_FLAG:
        *(bool *)field = key->preset;
        break;
    case VALUE_CHOICE:
        *(int *)field = (int)key->preset;
        break;
    case VALUE_OTHER:
        break;
    }
}

bool read_integer(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    if (!has_integer(setting))
        return reader_refuse_type(reader, setting, "an integer");
    long long value = config_setting_get_int64(setting);
    if (value < (long long)key->low || value > (long long)key->high)
        return reader_mistake(reader, setting, "%s%s must be from %" PRIu64 " to %" PRIu64,
                              subject_prefix(setting), setting_name(setting), key->low, key->high);
    *(uint32_t *)key_field(key, into) = (uint32_t)value;
    return true;
}

bool read_amount(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    bool fraction = config_setting_type(setting) == CONFIG_TYPE_FLOAT;
    if (!fraction && !has_integer(setting))
        return reader_refuse_type(reader, setting, "a number (USD)");
    double value = fraction ? config_setting_get_float(setting) : (double)config_setting_get_int64(setting);
    if (!(value >= 0 && value <= (double)key->high))
        return reader_mistake(reader, setting, "%s must be from 0 to %" PRIu64 " USD", setting_name(setting),
                              key->high);
    *(double *)key_field(key, into) = value;
    return true;
}

bool read_flag(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
        return reader_refuse_type(reader, setting, "true or false");
    *(bool *)key_field(key, into) = config_setting_get_bool(setting);
    return true;
}

bool read_text(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    const char *text = NULL;
    if (!reader_string(reader, setting, &text))
        return false;
    if (key->has_form && !key->has_form(text))
        return reader_mistake(reader, setting, "%s must be %s, not '%s'", key->name, key->form, text);
    return (!key->judge || key->judge(reader, setting, text)) &&
           reader_keep(reader, text, key_field(key, into));
}

void *read_each(struct reader *reader, const struct key *key, const config_setting_t *setting,
                key_reader *read, size_t size, size_t *ret_n)
{
    bool is_list = setting_is_list(setting);
    int n = is_list ? config_setting_length(setting) : 1;
    char *values = calloc((size_t)n + 1, size);
    *ret_n = 0;
    if (!reader_has(reader, values))
        return NULL;
    for (int i = 0; i < n; i++) {
        const config_setting_t *element = is_list ? config_setting_get_elem(setting, (unsigned)i) : setting;
        *ret_n += read(reader, key, element, values + *ret_n * size);
    }
    return values;
}

/* 0, or -ERANGE, or -EINVAL after a mistake. */
static int duration_of(struct reader *reader, const config_setting_t *setting, uint64_t *ret_us)
{
    if (has_integer(setting)) {
        long long seconds = config_setting_get_int64(setting);
        return seconds < 0 || __builtin_mul_overflow((uint64_t)seconds, US_PER_S, ret_us) ? -ERANGE : 0;
    }
    if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
        reader_refuse_type(reader, setting, "a duration (\"5min\") or whole seconds");
        return -EINVAL;
    }
    const char *text = config_setting_get_string(setting);
    int result = duration_parse(text, ret_us);
    if (result == -EINVAL)
        reader_mistake(reader, setting,
                       "%s: '%s' is not a duration such as \"5min\", \"1h 30min\" or \"75ms\"",
                       setting_name(setting), text);
    return result;
}

/* Appends what was probably meant by US, which is above the bounds: milliseconds, if no unit is given. */
static void suggest_unit(const struct key *key, const config_setting_t *setting, uint64_t us, char hint[96])
{
    const char *text = config_setting_get_string(setting);
    uint64_t number = us / US_PER_S;
    bool bare = !text || text[strspn(text, "0123456789")] == '\0';
    if (bare && us % US_PER_S == 0 && number * US_PER_MS >= key->low && number * US_PER_MS <= key->high)
        snprintf(hint, 96, ", and without a unit it is seconds (did you mean \"%" PRIu64 "ms\"?)", number);
}

bool read_duration(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    uint64_t us = 0;
    int result = duration_of(reader, setting, &us);
    if (result == -EINVAL)
        return false;
    if (result < 0 || us < key->low || us > key->high) {
        char low[DURATION_TEXT_MAX], high[DURATION_TEXT_MAX];
        char hint[96] = "";
        if (result == 0 && us > key->high)
            suggest_unit(key, setting, us, hint);
        return reader_mistake(reader, setting, "%s must be from %s to %s%s", setting_name(setting),
                              duration_format(key->low, low), duration_format(key->high, high), hint);
    }
    *(uint64_t *)key_field(key, into) = us;
    return true;
}

bool read_duration_or_auto(struct reader *reader, const struct key *key, const config_setting_t *setting,
                           void *into)
{
    bool *is_auto = (bool *)((char *)into + key->auto_field);
    *is_auto = setting_is_string(setting, "auto");
    return *is_auto || read_duration(reader, key, setting, into);
}

/* `"a", "b" or "c"` */
static char *list_choices(const struct key *key)
{
    struct text text = {0};
    for (size_t i = 0; i < key->n_choices; i++)
        text_format(&text, "%s\"%s\"",
                    i == 0                    ? ""
                    : i + 1 == key->n_choices ? " or "
                                              : ", ",
                    key->choices[i].name);
    return text_take(&text);
}

bool read_choice(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    const char *given = NULL;
    if (!reader_string(reader, setting, &given))
        return false;
    for (size_t i = 0; i < key->n_choices; i++) {
        if (strcmp(key->choices[i].name, given) != 0)
            continue;
        *(int *)key_field(key, into) = key->choices[i].value;
        return true;
    }
    CLEANUP_FREE char *offered = list_choices(key);
    return reader_mistake(reader, setting, "%s must be %s, not \"%s\"", setting_name(setting),
                          offered ? offered : "another", given);
}
