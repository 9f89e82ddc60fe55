/* Checks that the keys of a function's endpoint agree. */
#include "config/draft.h"
#include "plan/function_name.h"

#include <string.h>
#include <strings.h>

/* The Invoke API has only one method. */
static void finish_method(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    if (draft_is_own(draft, KEY_METHOD) && !draft->wrong[KEY_METHOD] && strcmp(endpoint->method, "POST") != 0)
        reader_mistake(draft->reader, draft->given[KEY_METHOD], "a function can be called with POST only");
    reader_keep(draft->reader, "POST", &endpoint->method);
}

/* The request has only one qualifier: the one in the function's text, if it has one. */
static void finish_qualifier(struct draft *draft, const struct function_name *name)
{
    struct endpoint *endpoint = &draft->endpoint;
    if (!endpoint->qualifier || name->qualifier[0] == '\0')
        return;
    if (draft_is_own(draft, KEY_QUALIFIER) && strcmp(endpoint->qualifier, name->qualifier) != 0)
        reader_mistake(draft->reader, draft->given[KEY_QUALIFIER],
                       "qualifier '%s' contradicts function, which ends with ':%s'", endpoint->qualifier,
                       name->qualifier);
    free(endpoint->qualifier);
    endpoint->qualifier = NULL;
}

static void check_headers(struct draft *draft)
{
    static const struct {
        const char *name;
        const char *instead;
    } owned[] = {
        {"X-Amz-Invocation-Type", "use the key mode"},
        {"X-Amz-Log-Type", "instance = \"log-tail\" or cold = \"log-tail\" sets it"},
        {"X-Amz-Client-Context", "protocol \"serverless-plugin-warmup\" or \"auto\" sets it"},
        {"X-Amz-Tenant-Id", "use the key tenant_id"},
    };
    for (size_t i = 0; i < COUNT_OF(owned); i++) {
        const config_setting_t *setting = draft_header(draft, owned[i].name);
        if (setting)
            reader_mistake_once(draft->reader, setting, "%s can't be set for a function: %s", owned[i].name,
                                owned[i].instead);
    }
}

static void check_mode(struct draft *draft)
{
    if (draft->endpoint.mode == INVOKE_EVENT)
        reader_warn_once(draft->reader, draft_blame(draft, KEY_MODE, KEY_FUNCTION),
                         "mode = \"event\": the answer 202 says only that Lambda accepted the call: nothing "
                         "is proven, and the instances are not warmed at the same moment");
}

/* Keys from the defaults apply only to endpoints that can use them. */
static void refuse_keys(struct draft *draft)
{
    static const enum endpoint_key keys[] = {KEY_QUALIFIER, KEY_TENANT_ID, KEY_ENDPOINT_URL, KEY_MODE};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (draft_is_own(draft, keys[i]))
            reader_mistake(draft->reader, draft->given[keys[i]],
                           "%s has no effect with url: it needs function", endpoint_key_names[keys[i]]);
        if (keys[i] != KEY_MODE)
            draft_drop(draft, keys[i]);
    }
    draft->endpoint.mode = INVOKE_SYNC;
}

void draft_finish_function(struct draft *draft)
{
    struct function_name name;
    if (!draft_is_function(draft)) {
        refuse_keys(draft);
        return;
    }
    if (!draft->given[KEY_PROTOCOL])
        draft->endpoint.protocol = PROTOCOL_AUTO;
    if (draft->endpoint.function && function_name_parse(draft->endpoint.function, &name, NULL) == 0)
        finish_qualifier(draft, &name);
    finish_method(draft);
    check_headers(draft);
    check_mode(draft);
}
