/* Which functions, aliases and versions exist, who may call them and which fail: what the options said, and
 * what was deployed since. */
#ifndef SIM_REGISTRY_H
#define SIM_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

/* Words from the command line, which stay there. */
struct names {
    const char **list;
    size_t n;
};

/* What a function's alias leads to. Strings are owned. */
struct alias {
    char *function; /* NULL: every function's */
    char *name;     /* NULL: every alias */
    char *version;
};

struct registry {
    struct names functions; /* NAME or NAME:QUALIFIER; none: all possible ones */
    struct names denied;
    struct names hidden; /* whose configuration nobody may ask for */
    struct names erring;
    struct names expired_tokens;
    struct alias *aliases; /* a later one overrides an earlier one */
    size_t n_aliases;
};

void names_add(struct names *names, const char *name);
bool names_have(const struct names *names, const char *name);

/* TEXT is "[FUNCTION:]ALIAS=VERSION"; false: it is not. */
bool registry_add_alias(struct registry *registry, const char *text);
/* From now on ALIAS of FUNCTION leads to VERSION; if ALIAS is NULL, all of them do. */
void registry_deploy(struct registry *registry, const char *function, const char *alias, const char *version);
/* What QUALIFIER of FUNCTION leads to: "$LATEST", or a version; NULL: there is no such qualifier. */
const char *registry_version(const struct registry *registry, const char *function, const char *qualifier);
void registry_free(struct registry *registry);

#endif
