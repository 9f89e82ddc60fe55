/* Reading typed values out of libconfig's settings, as the rows of the table of keys say, each mistake with
 * its place. */
#ifndef WARMD_CONFIG_READER_H
#define WARMD_CONFIG_READER_H

#include "config/source.h"
#include "plan/mistakes.h"
#include "plan/plan.h"

#include "base/error.h"

#include <libconfig.h>

struct key;
struct key_section;
enum key_place { PLACE_FILE, PLACE_ENDPOINT, PLACE_WINDOW, PLACE_DAEMON, PLACE_PRICES, KEY_PLACES };

struct reader {
    const struct source *source; /* of the file being read */
    struct mistakes *mistakes;
    struct plan *plan;                  /* being built */
    const struct key_section *sections; /* the table of keys, by place */
    bool ceiling_unknown;               /* the `daemon` group could not be read */
    bool secrets_missing;               /* of the endpoint being read, as in struct endpoint */
    bool quiet;                         /* what is read now was read before: its mistakes are known */
    bool no_memory;
};

/* Reads SETTING into the field of INTO that KEY's row names: INTO is what the row's section describes. False:
 * it is wrong, and that is recorded; the field is then left alone. */
typedef bool key_reader(struct reader *reader, const struct key *key, const config_setting_t *setting,
                        void *into);

/* Whether SETTING's text can be kept as it is; else records what is wrong with it. */
typedef bool text_judge(struct reader *reader, const config_setting_t *setting, const char *text);

enum value_kind {
    VALUE_OTHER,
    VALUE_TEXT,     /* char *, owned by the plan */
    VALUE_DURATION, /* uint64_t, microseconds */
    VALUE_INTEGER,  /* uint32_t */
    VALUE_AMOUNT,   /* double, USD */
    VALUE_FLAG,     /* bool */
    VALUE_CHOICE,   /* an enum */
};

struct choice {
    const char *name;
    int value;
};

/* What an endpoint must have for a key to mean anything. */
enum need { NEED_NOTHING, NEED_FUNCTION, NEED_SIGNATURE, NEED_HTTPS, NEED_HTTP2, NEED_AUTO_INTERVAL };

/* A row of the table. */
struct key {
    const char *name;
    const char *text; /* what it is for, in a few words */
    enum value_kind kind;
    key_reader *read;
    size_t field;       /* its offset */
    size_t auto_field;  /* of the bool that "auto" sets */
    uint64_t low, high; /* the bounds */
    int64_t preset;     /* a duration's, an integer's, a flag's, a choice's */
    const struct choice *choices;
    size_t n_choices;
    bool (*has_form)(const char *text);
    const char *form; /* "an AWS region such as …" */
    text_judge *judge;
    enum need need;
    enum key_place place; /* of the keys in this group or list of groups */
    bool is_own;          /* an endpoint never takes it from the defaults */
    bool is_required;     /* in its group */
    /* What help shows, where it isn't plain from the above; NULL: it is. */
    const char *type_text, *bounds_text, *preset_text;
};

/* The keys that may stand in one place. */
struct key_section {
    const char *title; /* "In daemon = { ... };" */
    const char *where; /* "in daemon = { }" */
    const struct key *keys;
    size_t n;
};

struct source_place reader_place(const struct reader *reader, const config_setting_t *setting);

/* How something wrong is told. Once: unless it is recorded already, as many endpoints may inherit one. */
enum tone { MISTAKE, MISTAKE_ONCE, WARNING, WARNING_ONCE };

/* Records what is wrong with SETTING. Always false, for a reader to return. */
bool reader_tell(struct reader *reader, const config_setting_t *setting, enum tone tone, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));
#define reader_mistake(reader, setting, ...) reader_tell(reader, setting, MISTAKE, __VA_ARGS__)
#define reader_mistake_once(reader, setting, ...) reader_tell(reader, setting, MISTAKE_ONCE, __VA_ARGS__)
#define reader_warn(reader, setting, ...) reader_tell(reader, setting, WARNING, __VA_ARGS__)
#define reader_warn_once(reader, setting, ...) reader_tell(reader, setting, WARNING_ONCE, __VA_ARGS__)

/* Records that SETTING must be WANTED, which its type is not. Always false. */
bool reader_refuse_type(struct reader *reader, const config_setting_t *setting, const char *wanted);

/* Whether RESULT, from a check of SETTING's value, is 0; else records ERROR. */
bool reader_accept(struct reader *reader, const config_setting_t *setting, int result,
                   const struct error *error);

/* Whether the setting is a string, which belongs to it, or a group; else records that it isn't. */
bool reader_string(struct reader *reader, const config_setting_t *setting, const char **ret_string);
bool reader_is_group(struct reader *reader, const config_setting_t *setting);

/* Replaces *KEPT, which is owned by the plan, with a copy. Always true, for a reader to return. */
bool reader_keep(struct reader *reader, const char *string, char **kept);
/* Whether POINTER isn't NULL; else memory ran out. */
bool reader_has(struct reader *reader, const void *pointer);

/* Values that need nothing but their row. One of a list goes by the name of the list. */
key_reader read_duration;         /* a string or whole seconds, within the bounds */
key_reader read_duration_or_auto; /* the same, or "auto" */
key_reader read_integer;
key_reader read_amount; /* with or without a fraction */
key_reader read_flag;
key_reader read_choice;
key_reader read_text; /* of the row's form, and accepted by its judge */

/* Reads each element of SETTING, or itself if it is no list, by READ into an array of values of SIZE bytes.
 * Returns the array, which has room for one more and belongs to the caller, and how many values are right.
 * NULL: memory ran out. */
void *read_each(struct reader *reader, const struct key *key, const config_setting_t *setting,
                key_reader *read, size_t size, size_t *ret_n);

/* The field of INTO that the row names. */
void *key_field(const struct key *key, void *into);
/* Makes the field what it is where the key isn't given; frees a text. */
void key_reset(const struct key *key, void *into);

/* The setting's own name, or that of the list it is in. */
const char *setting_name(const config_setting_t *setting);
bool setting_is_string(const config_setting_t *setting, const char *string);
/* Whether it is a list ( ) or an array [ ]. */
bool setting_is_list(const config_setting_t *setting);
/* "a string", "an integer". */
const char *setting_type(const config_setting_t *setting);

#endif
