#include "aws/invoke.h"

#include "base/cleanup.h"
#include "base/encode.h"

#include <errno.h>
#include <string.h>

static int add_origin(const struct endpoint *endpoint, const char *origin, struct text *url)
{
    const char *used = endpoint->endpoint_url ? endpoint->endpoint_url : origin;
    size_t length = used ? strlen(used) : 0;
    if (!used)
        return -EINVAL;
    while (length && used[length - 1] == '/')
        length--;
    text_add_bytes(url, used, length);
    return 0;
}

static int add_url(const struct endpoint *endpoint, const char *origin, const char *action, struct text *url)
{
    int result = add_origin(endpoint, origin, url);
    if (result < 0)
        return result;
    text_add(url, "/2015-03-31/functions/");
    percent_encode(endpoint->function, strlen(endpoint->function), "", url);
    text_add(url, action);
    if (endpoint->qualifier) {
        text_add(url, "?Qualifier=");
        percent_encode(endpoint->qualifier, strlen(endpoint->qualifier), "", url);
    }
    return url->failed ? -ENOMEM : 0;
}

int invoke_url(const struct endpoint *endpoint, const char *origin, char **ret_url)
{
    CLEANUP_TEXT struct text plain = {0};
    struct text url = {0};
    int result = add_url(endpoint, origin, "/invocations", &plain);
    if (result < 0)
        return result;
    const char *at = plain.data;
    for (const char *brace; (brace = strstr(at, "${")); at = brace + 2) {
        text_add_bytes(&url, at, (size_t)(brace - at));
        text_add(&url, "$${");
    }
    text_add(&url, at);
    char *made = text_take(&url);
    if (!made)
        return -ENOMEM;
    *ret_url = made;
    return 0;
}

int invoke_dry_run_make(const struct endpoint *endpoint, const char *origin,
                        struct invoke_question *ret_question)
{
    struct text url = {0}, type = {0}, tenant = {0};
    int result = add_url(endpoint, origin, "/invocations", &url);
    text_add(&type, "X-Amz-Invocation-Type: DryRun");
    if (endpoint->tenant_id)
        text_format(&tenant, "X-Amz-Tenant-Id: %s", endpoint->tenant_id);
    struct invoke_question made = {.method = "POST",
                                   .url = text_take(&url),
                                   .headers = {text_take(&type), text_take(&tenant)},
                                   .n_headers = endpoint->tenant_id ? 2 : 1};
    if (result == 0 && (!made.url || !made.headers[0] || !made.headers[1]))
        result = -ENOMEM;
    if (result < 0)
        invoke_question_free(&made);
    else
        *ret_question = made;
    return result;
}

int invoke_configuration_make(const struct endpoint *endpoint, const char *origin,
                              struct invoke_question *ret_question)
{
    struct text url = {0};
    int result = add_url(endpoint, origin, "/configuration", &url);
    struct invoke_question made = {.method = "GET", .url = text_take(&url)};
    if (result == 0 && !made.url)
        result = -ENOMEM;
    if (result < 0)
        invoke_question_free(&made);
    else
        *ret_question = made;
    return result;
}

void invoke_question_free(struct invoke_question *question)
{
    free(question->url);
    for (size_t i = 0; i < COUNT_OF(question->headers); i++)
        free(question->headers[i]);
    *question = (struct invoke_question){0};
}
