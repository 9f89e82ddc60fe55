/* What is sent (method, headers, body), how the answer is read (expect, instance, cold), and a budget. */
#include "config/readers.h"

#include "base/json.h"
#include "base/text.h"
#include "config/secrets.h"
#include "plan/syntax.h"

#include <string.h>

bool judge_method(struct reader *reader, const config_setting_t *setting, const char *method)
{
    return is_request_method(method) ||
           reader_mistake(reader, setting, "method: '%s' is not an HTTP method such as \"GET\" or \"POST\"",
                          method);
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

static bool read_header(struct reader *reader, const struct key *key, const config_setting_t *setting,
                        void *into)
{
    (void)key;
    const char *header = NULL;
    return reader_string(reader, setting, &header) && is_sendable_header(reader, setting, header) &&
           reader_keep(reader, header, into);
}

bool read_headers(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    struct endpoint *endpoint = into;
    if (!setting_is_list(setting))
        return reader_mistake(reader, setting, "headers must be a list ( \"Name: value\", … ), not %s",
                              setting_type(setting));
    endpoint->headers =
        read_each(reader, key, setting, read_header, sizeof *endpoint->headers, &endpoint->n_headers);
    return endpoint->n_headers == (size_t)config_setting_length(setting);
}

bool judge_body(struct reader *reader, const config_setting_t *setting, const char *body)
{
    CLEANUP_FREE char *expanded = template_check(reader, setting, body, SECRET_IN_BODY);
    struct json_document document;
    struct error why = {0};
    if (expanded && json_is_begun(body) &&
        json_document_read(expanded, strlen(expanded), &document, &why) < 0)
        reader_warn_once(reader, setting, "body starts like JSON but %s", why.message);
    return expanded;
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
                        void *into)
{
    struct status_range *range = into;
    struct key number = *key;
    uint32_t status = 0;
    number.field = 0;
    if (config_setting_type(setting) == CONFIG_TYPE_STRING)
        return status_of_text(config_setting_get_string(setting), range) ||
               reader_mistake(reader, setting,
                              "expect: '%s' is neither a status such as 200 nor a class such as \"2xx\"",
                              config_setting_get_string(setting));
    if (!read_integer(reader, &number, setting, &status))
        return false;
    *range = (struct status_range){(uint16_t)status, (uint16_t)status};
    return true;
}

bool read_expect(struct reader *reader, const struct key *key, const config_setting_t *setting, void *into)
{
    struct endpoint *endpoint = into;
    size_t n = setting_is_list(setting) ? (size_t)config_setting_length(setting) : 1;
    if (n == 0)
        return reader_mistake(reader, setting, "expect is empty: no answer could count as a success");
    endpoint->expect =
        read_each(reader, key, setting, read_status, sizeof *endpoint->expect, &endpoint->n_expect);
    return endpoint->n_expect == n;
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
