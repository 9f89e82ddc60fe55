/* What is sent: url, method, headers, body. */
#include "plan/draft.h"
#include "plan/placeholders.h"
#include "plan/syntax.h"

#include <errno.h>
#include <string.h>

/* Whether a check's RESULT is good; else it is recorded. */
static bool accept(struct reader *reader, const config_setting_t *setting, int result,
                   const struct error *error)
{
    if (result == -ENOMEM)
        reader->no_memory = true;
    else if (result < 0)
        reader_mistake(reader, setting, "%s", error->message);
    return result == 0;
}

/* The host is resolved once a round, so it can't change within one. */
static bool has_fixed_origin(struct reader *reader, const config_setting_t *setting, const char *url)
{
    const char *placeholder = strstr(url, "${");
    if (!placeholder || (size_t)(placeholder - url) >= url_origin_length(url))
        return true;
    reader_mistake(reader, setting, "url can't have placeholders in its scheme, host or port");
    return false;
}

bool draft_read_url(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    struct reader *reader = draft->reader;
    struct error error = {0};
    const char *url = NULL;
    if (!read_string(reader, setting, &url) || !has_fixed_origin(reader, setting, url))
        return false;
    CLEANUP_FREE char *expanded = placeholders_check(reader, setting, url, CREDENTIAL_IN_URL);
    if (!expanded)
        return false;
    if (!accept(reader, setting, check_url(expanded, &error), &error))
        return false;
    reader_keep(reader, url, &draft->endpoint.url);
    return true;
}

bool draft_read_method(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    const char *method = NULL;
    if (!read_string(draft->reader, setting, &method))
        return false;
    if (!is_request_method(method)) {
        reader_mistake(draft->reader, setting,
                       "method: '%s' is not an HTTP method such as \"GET\" or \"POST\"", method);
        return false;
    }
    reader_keep(draft->reader, method, &draft->endpoint.method);
    return true;
}

/* So a name that is checked once stays good. */
static bool has_fixed_name(const char *header)
{
    const char *placeholder = strstr(header, "${");
    return !placeholder || memchr(header, ':', (size_t)(placeholder - header));
}

static bool is_sendable_header(struct reader *reader, const config_setting_t *setting, const char *header)
{
    struct error error = {0};
    if (!has_fixed_name(header)) {
        reader_mistake(reader, setting, "a header's name can't have placeholders");
        return false;
    }
    CLEANUP_FREE char *expanded = placeholders_check(reader, setting, header, CREDENTIAL_IN_HEADER);
    if (!expanded)
        return false;
    return accept(reader, setting, check_header(expanded, &error), &error);
}

bool draft_read_headers(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    struct reader *reader = draft->reader;
    struct endpoint *endpoint = &draft->endpoint;
    bool right = true;
    if (config_setting_type(setting) != CONFIG_TYPE_LIST &&
        config_setting_type(setting) != CONFIG_TYPE_ARRAY) {
        reader_mistake(reader, setting, "headers must be a list ( \"Name: value\", … ), not %s",
                       setting_type(setting));
        return false;
    }
    int n = config_setting_length(setting);
    endpoint->headers = calloc((size_t)n + 1, sizeof *endpoint->headers);
    if (!endpoint->headers) {
        reader->no_memory = true;
        return false;
    }
    for (int i = 0; i < n; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);
        const char *header = NULL;
        if (read_string(reader, element, &header) && is_sendable_header(reader, element, header))
            reader_keep(reader, header, &endpoint->headers[endpoint->n_headers++]);
        else
            right = false;
    }
    return right;
}

bool draft_read_body(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    const char *body = NULL;
    if (!read_string(draft->reader, setting, &body))
        return false;
    CLEANUP_FREE char *expanded = placeholders_check(draft->reader, setting, body, CREDENTIAL_IN_BODY);
    if (expanded)
        reader_keep(draft->reader, body, &draft->endpoint.body);
    return expanded;
}
