/* What is called: url or function, and what AWS needs to know with either. */
#include "config/draft.h"
#include "config/placeholders.h"
#include "plan/function_name.h"
#include "plan/syntax.h"

#include <errno.h>
#include <string.h>

enum {
    TENANT_MAX = 256,
    PROFILE_MAX = 255,
    SERVICE_MAX = 64,
};

/* The host is resolved once a round, so it can't change within one. */
static bool has_fixed_origin(struct reader *reader, const config_setting_t *setting, const char *url)
{
    const char *placeholder = strstr(url, "${");
    if (!placeholder || (size_t)(placeholder - url) >= url_origin_length(url))
        return true;
    return reader_mistake(reader, setting, "url can't contain placeholders in its scheme, host or port");
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
    if (!reader_accept(reader, setting, check_url(expanded, &error), &error))
        return false;
    reader_keep(reader, url, &draft->endpoint.url);
    return true;
}

bool draft_read_function(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    struct function_name name;
    struct error error = {0};
    const char *text = NULL;
    if (!read_string(draft->reader, setting, &text))
        return false;
    if (strstr(text, "://"))
        return reader_mistake(draft->reader, setting, "function takes a name or an ARN; write url = \"%s\"",
                              text);
    if (strstr(text, "${"))
        return reader_mistake(draft->reader, setting, "function can't contain placeholders");
    if (!reader_accept(draft->reader, setting, function_name_parse(text, &name, &error), &error))
        return false;
    reader_keep(draft->reader, text, &draft->endpoint.function);
    return true;
}

static void keep_origin(struct draft *draft, const char *url)
{
    draft->endpoint.endpoint_url = strndup(url, url_origin_length(url));
    draft->reader->no_memory |= !draft->endpoint.endpoint_url;
}

/* Scheme and authority; the path is the Invoke API's own. */
bool draft_read_endpoint_url(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    struct reader *reader = draft->reader;
    struct error error = {0};
    const char *url = NULL;
    if (!read_string(reader, setting, &url))
        return false;
    if (strstr(url, "${"))
        return reader_mistake(reader, setting, "endpoint_url can't contain placeholders");
    int result = check_url(url, &error);
    const char *path = url + url_origin_length(url);
    if (result == -EINVAL) /* its messages begin with "url" */
        reader_mistake(reader, setting, "endpoint_%s", error.message);
    else if (result == 0 && path[0] != '\0' && strcmp(path, "/") != 0)
        reader_mistake(reader, setting, "endpoint_url must end after its host or port: remove '%s'", path);
    else if (result == 0)
        keep_origin(draft, url);
    reader->no_memory |= result == -ENOMEM;
    return draft->endpoint.endpoint_url;
}

bool draft_read_mode(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    static const struct choice modes[] = {{"sync", INVOKE_SYNC}, {"event", INVOKE_EVENT}};
    int value = INVOKE_SYNC;
    bool right = read_choice(draft->reader, setting, modes, COUNT_OF(modes), &value);
    draft->endpoint.mode = (enum invoke_mode)value;
    return right;
}

bool draft_read_auth(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    static const struct choice ways[] = {{"none", AUTH_NONE}, {"sigv4", AUTH_SIGV4}};
    int value = AUTH_NONE;
    bool right = read_choice(draft->reader, setting, ways, COUNT_OF(ways), &value);
    draft->endpoint.auth = (enum auth)value;
    return right;
}

static bool is_tenant(const char *text)
{
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/=+-@ ");
    return length > 0 && length <= TENANT_MAX && text[length] == '\0';
}

static bool is_profile(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    return text[0] != '\0' && strlen(text) <= PROFILE_MAX;
}

static bool is_service(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return length > 0 && length <= SERVICE_MAX && text[length] == '\0';
}

char **draft_aws_name(struct endpoint *endpoint, enum endpoint_key key)
{
    switch (key) {
    case KEY_QUALIFIER:
        return &endpoint->qualifier;
    case KEY_REGION:
        return &endpoint->region;
    case KEY_TENANT_ID:
        return &endpoint->tenant_id;
    case KEY_PROFILE:
        return &endpoint->profile;
    case KEY_SERVICE:
        return &endpoint->service;
    default:
        return &endpoint->endpoint_url;
    }
}

/* What such a name looks like. */
static const struct name_form {
    enum endpoint_key key;
    bool (*is_valid)(const char *text);
    const char *text;
} name_forms[] = {
    {KEY_QUALIFIER, is_function_qualifier, "an alias, a version number or $LATEST"},
    {KEY_REGION, is_region, "an AWS region such as \"eu-west-1\""},
    {KEY_TENANT_ID, is_tenant, "1 to 256 characters of A-Z a-z 0-9 . _ : / = + - @ and space"},
    {KEY_PROFILE, is_profile, "1 to 255 characters without control characters"},
    {KEY_SERVICE, is_service, "an AWS service such as \"lambda\" or \"execute-api\""},
};

bool draft_read_aws_name(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    const char *text = NULL;
    const struct name_form *form = name_forms;
    while (form->key != key)
        form++;
    if (!read_string(draft->reader, setting, &text))
        return false;
    if (!form->is_valid(text))
        return reader_mistake(draft->reader, setting, "%s must be %s, not '%s'", endpoint_key_names[key],
                              form->text, text);
    reader_keep(draft->reader, text, draft_aws_name(&draft->endpoint, key));
    return true;
}
