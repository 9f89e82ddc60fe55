/* ${name} placeholders in headers, bodies and URLs. */
#ifndef WARMD_BASE_TEMPLATE_H
#define WARMD_BASE_TEMPLATE_H

#include "base/error.h"
#include "base/text.h"

/* Resolves a placeholder: NAME is the text between the braces. Appends its value to OUT and returns 0, or
 * -ENOENT for a name that it doesn't know. */
typedef int (*template_lookup)(const char *name, struct text *out, void *context);

/* Expands TEMPLATE into OUT; `$${` is a literal `${`. A `$` followed by anything else stays as it is.
 * -EINVAL: an unclosed or unknown placeholder, named in ERROR. -ENOMEM. */
int template_expand(const char *template, template_lookup lookup, void *context, struct text *out,
                    struct error *error);

#endif
