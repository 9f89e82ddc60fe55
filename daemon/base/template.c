#include "base/template.h"

#include <errno.h>
#include <string.h>

enum { PLACEHOLDER_NAME_MAX = 128 };

static int expand_one(const char *name, size_t length, template_lookup lookup, void *context,
                      struct text *out, struct error *error)
{
    char copy[PLACEHOLDER_NAME_MAX + 1];
    if (length > PLACEHOLDER_NAME_MAX)
        return error_set(error, -EINVAL, "placeholder name is longer than %d characters",
                         PLACEHOLDER_NAME_MAX);
    memcpy(copy, name, length);
    copy[length] = '\0';
    int result = lookup(copy, out, context);
    if (result == -ENOENT)
        return error_set(error, -EINVAL, "unknown placeholder ${%s} (write $${ for a literal ${)", copy);
    return result;
}

int template_expand(const char *template, template_lookup lookup, void *context, struct text *out,
                    struct error *error)
{
    for (const char *at = template; *at;) {
        const char *dollar = strchr(at, '$');
        if (!dollar) {
            text_add(out, at);
            break;
        }
        text_add_bytes(out, at, (size_t)(dollar - at));
        if (text_starts_with(dollar, "$${")) {
            text_add(out, "${");
            at = dollar + 3;
        } else if (dollar[1] == '{') {
            const char *end = strchr(dollar, '}');
            if (!end)
                return error_set(error, -EINVAL,
                                 "placeholder ${ has no closing } (write $${ for a literal ${)");
            int result = expand_one(dollar + 2, (size_t)(end - dollar - 2), lookup, context, out, error);
            if (result < 0)
                return result;
            at = end + 1;
        } else {
            text_add(out, "$");
            at = dollar + 1;
        }
    }
    return out->failed ? -ENOMEM : 0;
}
