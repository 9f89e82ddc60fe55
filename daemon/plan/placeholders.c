#include "plan/placeholders.h"

#include "base/suggest.h"
#include "base/template.h"

#include <errno.h>
#include <string.h>

struct check {
    struct reader *reader;
    const config_setting_t *setting;
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

/* Records what is unknown and goes on, so that one reading finds every mistake. */
static int look_up(const char *name, struct text *out, void *context)
{
    struct check *check = context;
    if (is_value(name)) {
        text_add(out, "1");
    } else if (text_starts_with(name, credential_prefix)) {
        credential_read(check->reader, check->setting, name + strlen(credential_prefix), check->use);
        text_add(out, "x");
    } else {
        const char *near = suggest(name, names, COUNT_OF(names));
        if (near)
            reader_mistake(check->reader, check->setting, "unknown placeholder ${%s} (did you mean ${%s}?)",
                           name, near);
        else
            reader_mistake(check->reader, check->setting,
                           "unknown placeholder ${%s} (a literal ${ is written $${)", name);
        check->failed = true;
    }
    return 0;
}

char *placeholders_check(struct reader *reader, const config_setting_t *setting, const char *template,
                         enum credential_use use)
{
    CLEANUP_TEXT struct text out = {0};
    struct check check = {.reader = reader, .setting = setting, .use = use};
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
