/* Reading typed values out of libconfig's settings, each mistake with its place. */
#ifndef WARMD_CONFIG_READER_H
#define WARMD_CONFIG_READER_H

#include "config/source.h"
#include "plan/mistakes.h"
#include "plan/plan.h"

#include "base/error.h"

#include <libconfig.h>

struct reader {
    const struct source *source; /* of the file being read */
    struct mistakes *mistakes;
    struct plan *plan;    /* being built */
    bool ceiling_unknown; /* the `daemon` group could not be read */
    bool secrets_missing; /* of the endpoint being read, as in struct endpoint */
    bool quiet;           /* what is read now was read before: its mistakes are known */
    bool no_memory;
};

struct choice {
    const char *name;
    int value;
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

/* Each returns true and fills its output, or records a mistake, leaves the output alone and returns false. A
 * value of a list goes by the name of the list. Strings belong to the setting. */
bool read_string(struct reader *reader, const config_setting_t *setting, const char **ret_string);
bool read_integer(struct reader *reader, const config_setting_t *setting, uint32_t low, uint32_t high,
                  uint32_t *ret_integer);
/* USD, from 0 to HIGH, with or without a fraction. */
bool read_amount(struct reader *reader, const config_setting_t *setting, double high, double *ret_amount);
bool read_flag(struct reader *reader, const config_setting_t *setting, bool *ret_flag);
/* A duration string or whole seconds, within LOW_US and HIGH_US. */
bool read_duration(struct reader *reader, const config_setting_t *setting, uint64_t low_us, uint64_t high_us,
                   uint64_t *ret_us);
bool read_choice(struct reader *reader, const config_setting_t *setting, const struct choice *choices,
                 size_t n, int *ret_value);
bool is_group(struct reader *reader, const config_setting_t *setting);

/* Replaces *KEPT, which is owned by the plan, with a copy. */
void reader_keep(struct reader *reader, const char *string, char **kept);

/* The setting's own name, or that of the list it is in. */
const char *setting_name(const config_setting_t *setting);
bool setting_is_string(const config_setting_t *setting, const char *string);
/* "a string", "an integer". */
const char *setting_type(const config_setting_t *setting);

#endif
