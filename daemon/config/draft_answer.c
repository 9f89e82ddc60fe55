/* How an answer is read: expect, instance, cold, max_body. */
#include "config/draft.h"
#include "plan/syntax.h"

#include "base/text.h"

#include <string.h>

enum { STATUS_LOW = 100, STATUS_HIGH = 599, BODY_BYTES_MIN = 1024 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "2xx", "204" */
static bool status_of_text(const char *text, struct status_range *ret_range)
{
    if (strlen(text) != 3 || text[0] < '1' || text[0] > '5')
        return false;
    uint16_t hundreds = (uint16_t)((text[0] - '0') * 100);
    if (strcmp(text + 1, "xx") == 0 || strcmp(text + 1, "XX") == 0) {
        *ret_range = (struct status_range){hundreds, (uint16_t)(hundreds + 99)};
        return true;
    }
    if (!is_digit(text[1]) || !is_digit(text[2]))
        return false;
    uint16_t status = (uint16_t)(hundreds + (text[1] - '0') * 10 + (text[2] - '0'));
    *ret_range = (struct status_range){status, status};
    return true;
}

static bool read_status(struct reader *reader, const config_setting_t *setting,
                        struct status_range *ret_range)
{
    uint32_t status = 0;
    if (config_setting_type(setting) == CONFIG_TYPE_STRING) {
        if (status_of_text(config_setting_get_string(setting), ret_range))
            return true;
        return reader_mistake(reader, setting,
                              "expect: '%s' is neither a status such as 200 nor a class such as \"2xx\"",
                              config_setting_get_string(setting));
    }
    if (!read_integer(reader, setting, STATUS_LOW, STATUS_HIGH, &status))
        return false;
    *ret_range = (struct status_range){(uint16_t)status, (uint16_t)status};
    return true;
}

bool draft_read_expect(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    struct endpoint *endpoint = &draft->endpoint;
    bool is_list =
        config_setting_type(setting) == CONFIG_TYPE_LIST || config_setting_type(setting) == CONFIG_TYPE_ARRAY;
    int n = is_list ? config_setting_length(setting) : 1;
    if (n == 0)
        return reader_mistake(draft->reader, setting, "expect is empty: no answer could count as a success");
    endpoint->expect = calloc((size_t)n, sizeof *endpoint->expect);
    if (!endpoint->expect) {
        draft->reader->no_memory = true;
        return false;
    }
    bool right = true;
    for (int i = 0; i < n; i++) {
        const config_setting_t *element = is_list ? config_setting_get_elem(setting, (unsigned)i) : setting;
        if (read_status(draft->reader, element, &endpoint->expect[endpoint->n_expect]))
            endpoint->n_expect++;
        else
            right = false;
    }
    return right;
}

/* Why TEXT can't be used, or NULL with its meaning. */
static const char *parse_extract(const char *text, enum extract_kind *ret_kind, const char **ret_name)
{
    if (strcmp(text, "none") == 0)
        return NULL;
    if (strcmp(text, "log-tail") == 0) {
        *ret_kind = EXTRACT_LOG_TAIL;
        return NULL;
    }
    if (text_starts_with(text, "header:")) {
        *ret_kind = EXTRACT_HEADER;
        *ret_name = text + strlen("header:");
        return is_http_token(*ret_name) ? NULL : "has an invalid header name";
    }
    if (text_starts_with(text, "json:")) {
        *ret_kind = EXTRACT_JSON;
        *ret_name = text + strlen("json:");
        return is_json_pointer(*ret_name)
                   ? NULL
                   : "has an invalid JSON pointer (RFC 6901; a valid one is /instance/id)";
    }
    return "is not \"header:NAME\", \"json:/pointer\", \"log-tail\" or \"none\"";
}

bool draft_read_extract(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    struct extract *extract = key == KEY_COLD ? &draft->endpoint.cold : &draft->endpoint.instance;
    const char *text = NULL, *name = NULL;
    enum extract_kind kind = EXTRACT_NONE;
    if (!read_string(draft->reader, setting, &text))
        return false;
    const char *problem = parse_extract(text, &kind, &name);
    if (problem)
        return reader_mistake(draft->reader, setting, "%s = \"%s\" %s", setting_name(setting), text, problem);
    extract->kind = kind;
    if (name)
        reader_keep(draft->reader, name, &extract->name);
    return true;
}

bool draft_read_max_body(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    return read_integer(draft->reader, setting, BODY_BYTES_MIN, PLAN_BODY_BYTES_MAX,
                        &draft->endpoint.max_body_bytes);
}

static void preset_header(struct draft *draft, struct extract *instance, struct extract *cold)
{
    instance->kind = cold->kind = EXTRACT_HEADER;
    reader_keep(draft->reader, "X-Lambda-Instance", &instance->name);
    reader_keep(draft->reader, "X-Lambda-Cold", &cold->name);
}

/* Where a handler of the protocol names its instance, and where its answer shows that it was cold. */
static void preset_extracts(struct draft *draft, struct extract *instance, struct extract *cold)
{
    bool function = draft_is_function(draft);
    cold->kind = function ? EXTRACT_LOG_TAIL : EXTRACT_NONE;
    switch (draft->endpoint.protocol) {
    case PROTOCOL_HEADER:
        if (!function) {
            preset_header(draft, instance, cold);
            return;
        } /* a function's answer headers are in its payload */
        __attribute__((fallthrough));
    case PROTOCOL_AUTO:
        instance->kind = cold->kind = EXTRACT_ANY;
        return;
    case PROTOCOL_LAMBDA_WARMER:
    case PROTOCOL_LAMBDA_WARMER_PY:
        instance->kind = cold->kind;
        return;
    case PROTOCOL_OPENNEXT:
        instance->kind = EXTRACT_JSON;
        reader_keep(draft->reader, "/serverId", &instance->name);
        return;
    case PROTOCOL_SERVERLESS_PLUGIN_WARMUP:
    case PROTOCOL_BREF:
    case PROTOCOL_NONE:
        return;
    }
}

/* Why the given extract can't be used here, or NULL. */
static const char *misplaced(const struct draft *draft, const struct extract *extract)
{
    if (draft->endpoint.mode == INVOKE_EVENT && extract->kind != EXTRACT_NONE)
        return "mode = \"event\" returns no answer";
    if (extract->kind == EXTRACT_LOG_TAIL && !draft_is_function(draft))
        return "only function endpoints have a log tail";
    return NULL;
}

/* A value from the defaults applies only to endpoints that can use it. Moves PRESET's name. */
static void finish_extract(struct draft *draft, enum endpoint_key key, struct extract *extract,
                           struct extract *preset)
{
    const char *problem = misplaced(draft, extract);
    if (problem && draft_is_own(draft, key))
        reader_mistake(draft->reader, draft->given[key], "%s has no effect: %s", endpoint_key_names[key],
                       problem);
    if (draft->given[key] && !problem)
        return;
    free(extract->name);
    *extract = (struct extract){0};
    if (draft->endpoint.mode == INVOKE_EVENT)
        return;
    *extract = *preset;
    *preset = (struct extract){0};
}

static void finish_expect(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    if (endpoint->expect)
        return;
    endpoint->expect = calloc(1, sizeof *endpoint->expect);
    if (!endpoint->expect) {
        draft->reader->no_memory = true;
        return;
    }
    endpoint->expect[0] = (struct status_range){200, 299};
    endpoint->n_expect = 1;
}

void draft_finish_answer(struct draft *draft)
{
    struct extract instance = {0}, cold = {0};
    finish_expect(draft);
    if (!draft_has_target(draft))
        return;
    preset_extracts(draft, &instance, &cold);
    finish_extract(draft, KEY_INSTANCE, &draft->endpoint.instance, &instance);
    finish_extract(draft, KEY_COLD, &draft->endpoint.cold, &cold);
    free(instance.name);
    free(cold.name);
}
