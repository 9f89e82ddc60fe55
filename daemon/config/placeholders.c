#include "config/placeholders.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "base/suggest.h"
#include "base/template.h"

#include <errno.h>
#include <string.h>

struct check {
    struct reader *reader;
    const config_setting_t *setting;
    bool is_json; /* the template */
    enum credential_use use;
    bool failed;
};

static const char *const names[] = {"round", "index", "count", "hold_ms", "credential:NAME"};
static const char credential_prefix[] = "credential:";

static bool is_value(const char *name)
{
    for (size_t i = 0; i + 1 < COUNT_OF(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* In a string it is escaped, so that it stays there; elsewhere it must be one value. */
static void check_in_json(const struct check *check, const char *credential, bool in_string)
{
    const char *value = plan_secret(check->reader->plan, credential);
    struct json_document document;
    if (!value)
        return;
    if (!in_string && json_document_read(value, strlen(value), &document, NULL) < 0)
        reader_mistake(check->reader, check->setting,
                       "secret '%s' is outside a string here and isn't a JSON value: write "
                       "\"${credential:%s}\"",
                       credential, credential);
    if (in_string && strchr(value, '\\'))
        reader_warn_once(check->reader, check->setting,
                         "secret '%s' has a backslash, which lambda-warmd escapes in this JSON: its file "
                         "must not escape it",
                         credential);
}

/* Records what is unknown and goes on, so that one reading finds every mistake. */
static int look_up(const char *name, struct text *out, void *context)
{
    struct check *check = context;
    if (is_value(name)) {
        text_add(out, "1");
    } else if (text_starts_with(name, credential_prefix)) {
        const char *credential = name + strlen(credential_prefix);
        credential_read(check->reader, check->setting, credential, check->use);
        bool in_string = json_ends_in_string(out->data ? out->data : "");
        if (check->is_json)
            check_in_json(check, credential, in_string);
        text_add(out, check->is_json && !in_string ? "0" : "x");
    } else {
        const char *near = suggest(name, names, COUNT_OF(names));
        if (near)
            reader_mistake(check->reader, check->setting, "unknown placeholder ${%s} (did you mean ${%s}?)",
                           name, near);
        else
            reader_mistake(check->reader, check->setting,
                           "unknown placeholder ${%s} (write $${ for a literal ${)", name);
        check->failed = true;
    }
    return 0;
}

char *placeholders_check(struct reader *reader, const config_setting_t *setting, const char *template,
                         enum credential_use use)
{
    CLEANUP_TEXT struct text out = {0};
    struct check check = {.reader = reader,
                          .setting = setting,
                          .is_json = use == CREDENTIAL_IN_BODY && json_is_begun(template),
                          .use = use};
    struct error error = {0};
    int result = template_expand(template, look_up, &check, &out, &error);
    if (result == -EINVAL)
        reader_mistake(reader, setting, "%s: %s", setting_name(setting), error.message);
    reader->no_memory |= result == -ENOMEM;
    if (result < 0 || check.failed)
        return NULL;
    char *expanded = text_take(&out);
    reader->no_memory |= !expanded;
    return expanded;
}
