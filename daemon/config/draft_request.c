/* What is sent: method, headers, body. */
#include "config/draft.h"
#include "config/placeholders.h"
#include "plan/syntax.h"

#include "base/json.h"

#include <string.h>

bool draft_read_method(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    const char *method = NULL;
    if (!read_string(draft->reader, setting, &method))
        return false;
    if (!is_request_method(method))
        return reader_mistake(draft->reader, setting,
                              "method: '%s' is not an HTTP method such as \"GET\" or \"POST\"", method);
    reader_keep(draft->reader, method, &draft->endpoint.method);
    return true;
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
    CLEANUP_FREE char *expanded = placeholders_check(reader, setting, header, CREDENTIAL_IN_HEADER);
    if (!expanded)
        return false;
    return reader_accept(reader, setting, check_header(expanded, &error), &error);
}

bool draft_read_headers(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    struct reader *reader = draft->reader;
    struct endpoint *endpoint = &draft->endpoint;
    bool right = true;
    if (config_setting_type(setting) != CONFIG_TYPE_LIST && config_setting_type(setting) != CONFIG_TYPE_ARRAY)
        return reader_mistake(reader, setting, "headers must be a list ( \"Name: value\", … ), not %s",
                              setting_type(setting));
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
    if (!expanded)
        return false;
    struct json_document document;
    struct error why = {0};
    if (json_is_begun(body) && json_document_read(expanded, strlen(expanded), &document, &why) < 0)
        reader_warn_once(draft->reader, setting, "body starts like JSON but %s", why.message);
    reader_keep(draft->reader, body, &draft->endpoint.body);
    return true;
}
