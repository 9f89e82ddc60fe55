#include "registry.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

static const char first_version[] = "1"; /* what an alias leads to if no option says otherwise */

void names_add(struct names *names, const char *name)
{
    names->list = reallocate(names->list, (names->n + 1) * sizeof *names->list);
    names->list[names->n++] = name;
}

bool names_have(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->list[i], name) == 0)
            return true;
    return false;
}

static char *copy(const char *text)
{
    return text ? duplicate(text, strlen(text)) : NULL;
}

void registry_deploy(struct registry *registry, const char *function, const char *alias, const char *version)
{
    registry->aliases = reallocate(registry->aliases, (registry->n_aliases + 1) * sizeof *registry->aliases);
    registry->aliases[registry->n_aliases++] =
        (struct alias){.function = copy(function), .name = copy(alias), .version = copy(version)};
}

bool registry_add_alias(struct registry *registry, const char *text)
{
    const char *equals = strchr(text, '='), *colon = strchr(text, ':');
    if (!equals || !equals[1] || (colon && colon > equals))
        return false;
    const char *name = colon ? colon + 1 : text;
    char *function = colon ? duplicate(text, (size_t)(colon - text)) : NULL;
    char *alias = duplicate(name, (size_t)(equals - name));
    bool good = *alias && (!function || *function);
    if (good)
        registry_deploy(registry, function, alias, equals + 1);
    free(function);
    free(alias);
    return good;
}

static bool is_version(const char *qualifier)
{
    return strcmp(qualifier, "$LATEST") == 0 || qualifier[strspn(qualifier, "0123456789")] == '\0';
}

static bool is_of(const struct alias *alias, const char *function)
{
    return !alias->function || strcmp(alias->function, function) == 0;
}

/* NULL: nothing was said about it. */
static const char *aliased(const struct registry *registry, const char *function, const char *qualifier)
{
    for (size_t i = registry->n_aliases; i-- > 0;) {
        const struct alias *at = &registry->aliases[i];
        if (is_of(at, function) && (!at->name || strcmp(at->name, qualifier) == 0))
            return at->version;
    }
    return NULL;
}

static bool is_led_to(const struct registry *registry, const char *function, const char *version)
{
    for (size_t i = 0; i < registry->n_aliases; i++)
        if (is_of(&registry->aliases[i], function) && strcmp(registry->aliases[i].version, version) == 0)
            return true;
    return false;
}

/* Whether the list of functions, with or without qualifiers, allows QUALIFIER of FUNCTION. */
static bool is_listed(const struct registry *registry, const char *function, const char *qualifier)
{
    size_t length = strlen(function);
    bool known = false, exact = false;
    for (size_t i = 0; i < registry->functions.n; i++) {
        const char *at = registry->functions.list[i];
        bool same = strncmp(at, function, length) == 0;
        known |= same && (at[length] == '\0' || at[length] == ':');
        exact |= same && at[length] == ':' && strcmp(at + length + 1, qualifier) == 0;
    }
    return exact ||
           (known && (strcmp(qualifier, "$LATEST") == 0 || is_led_to(registry, function, qualifier) ||
                      (!is_version(qualifier) && aliased(registry, function, qualifier))));
}

const char *registry_version(const struct registry *registry, const char *function, const char *qualifier)
{
    if (registry->functions.n && !is_listed(registry, function, qualifier))
        return NULL;
    if (is_version(qualifier))
        return qualifier;
    const char *version = aliased(registry, function, qualifier);
    return version ? version : first_version;
}

void registry_free(struct registry *registry)
{
    for (size_t i = 0; i < registry->n_aliases; i++) {
        free(registry->aliases[i].function);
        free(registry->aliases[i].name);
        free(registry->aliases[i].version);
    }
    free(registry->aliases);
    free(registry->functions.list);
    free(registry->denied.list);
    free(registry->hidden.list);
    free(registry->erring.list);
    free(registry->expired_tokens.list);
    *registry = (struct registry){0};
}
