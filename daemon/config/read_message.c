/* What is sent (method, headers, body), how the answer is read (expect, instance, cold), and a budget. */
#include "config/readers.h"

#include "base/json.h"
#include "base/text.h"
#include "config/secrets.h"
#include "plan/syntax.h"

#include <string.h>

bool read_method(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    const char *method = NULL;
    if (!reader_string(reader, setting, &method))
        return false;
    if (!is_request_method(method))
        return reader_mistake(reader, setting,
                              "method: '%s' is not an HTTP method such as \"GET\" or \"POST\"", method);
    return reader_keep(reader, method, key_field(key, into));
}

/* A name without placeholders needs checking only once. */
static bool has_fixed_name(const char *header)
{
    const char *placeholder = strstr(header, "${");
    return !placeholder || memchr(header, ':', (size_t)(placeholder - header));
}

static bool is_sendable_header(struct reader *reader, const config_setting_t *setting, const char *header)
{
    struct error error = {0};
    if (!has_fixed_name(header))
        return reader_mistake(reader, setting, "a header's name can't contain placeholders");
    CLEANUP_FREE char *expanded = template_check(reader, setting, header, SECRET_IN_HEADER);
    if (!expanded)
        return false;
    return reader_accept(reader, setting, check_header(expanded, &error), &error);
}

bool read_headers(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    (void)key;
    struct endpoint *endpoint = into;
    bool right = true;
    if (config_setting_type(setting) != CONFIG_TYPE_LIST && config_setting_type(setting) != CONFIG_TYPE_ARRAY)
        return reader_mistake(reader, setting, "headers must be a list ( \"Name: value\", … ), not %s",
                              setting_type(setting));
    int n = config_setting_length(setting);
    endpoint->headers = calloc((size_t)n + 1, sizeof *endpoint->headers);
    if (!reader_has(reader, endpoint->headers))
        return false;
    for (int i = 0; i < n; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);
        const char *header = NULL;
        if (reader_string(reader, element, &header) && is_sendable_header(reader, element, header))
            reader_keep(reader, header, &endpoint->headers[endpoint->n_headers++]);
        else
            right = false;
    }
    return right;
}

bool read_body(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    const char *body = NULL;
    if (!reader_string(reader, setting, &body))
        return false;
    CLEANUP_FREE char *expanded = template_check(reader, setting, body, SECRET_IN_BODY);
    if (!expanded)
        return false;
    struct json_document document;
    struct error why = {0};
    if (json_is_begun(body) && json_document_read(expanded, strlen(expanded), &document, &why) < 0)
        reader_warn_once(reader, setting, "body starts like JSON but %s", why.message);
    return reader_keep(reader, body, key_field(key, into));
}

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

static bool read_status(struct reader *reader, const struct key *key, const config_setting_t *setting,
                        struct status_range *ret_range)
{
    struct key number = *key;
    uint32_t status = 0;
    number.field = 0;
    if (config_setting_type(setting) == CONFIG_TYPE_STRING) {
        if (status_of_text(config_setting_get_string(setting), ret_range))
            return true;
        return reader_mistake(reader, setting,
                              "expect: '%s' is neither a status such as 200 nor a class such as \"2xx\"",
                              config_setting_get_string(setting));
    }
    if (!read_integer(reader, &number, setting, &status))
        return false;
    *ret_range = (struct status_range){(uint16_t)status, (uint16_t)status};
    return true;
}

bool read_expect(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    struct endpoint *endpoint = into;
    bool is_list =
        config_setting_type(setting) == CONFIG_TYPE_LIST || config_setting_type(setting) == CONFIG_TYPE_ARRAY;
    int n = is_list ? config_setting_length(setting) : 1;
    if (n == 0)
        return reader_mistake(reader, setting, "expect is empty: no answer could count as a success");
    endpoint->expect = calloc((size_t)n, sizeof *endpoint->expect);
    if (!reader_has(reader, endpoint->expect))
        return false;
    bool right = true;
    for (int i = 0; i < n; i++) {
        const config_setting_t *element = is_list ? config_setting_get_elem(setting, (unsigned)i) : setting;
        if (read_status(reader, key, element, &endpoint->expect[endpoint->n_expect]))
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

bool read_extract(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    struct extract *extract = key_field(key, into);
    const char *text = NULL, *name = NULL;
    enum extract_kind kind = EXTRACT_NONE;
    if (!reader_string(reader, setting, &text))
        return false;
    const char *problem = parse_extract(text, &kind, &name);
    if (problem)
        return reader_mistake(reader, setting, "%s = \"%s\" %s", setting_name(setting), text, problem);
    extract->kind = kind;
    return !name || reader_keep(reader, name, &extract->name);
}

bool read_budget(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    return read_amount(reader, key, setting, into) &&
           (*(double *)key_field(key, into) > 0 ||
            reader_mistake(reader, setting,
                           "budget = 0 would keep nothing warm (leave budget out for no limit)"));
}
