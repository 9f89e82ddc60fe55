#include "protocol/cached.h"

#include "base/cleanup.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static bool is_positive(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits && strspn(text, "0") < digits;
}

/* Is "hit" a word of TEXT? TCP_HIT counts. */
static bool has_hit(const char *text)
{
    for (const char *at = text; (at = strcasestr(at, "hit")); at++) {
        bool begins = at == text || strchr(" ,;_", at[-1]);
        bool ends = at[3] == '\0' || strchr(" ,;", at[3]);
        if (begins && ends)
            return true;
    }
    return false;
}

static bool is_kept_copy(const char *text)
{
    return strcasecmp(text, "HIT") == 0 || strcasecmp(text, "STALE") == 0 ||
           strcasecmp(text, "UPDATING") == 0;
}

const char *cached_by(const struct cache_headers *headers, const char **ret_value)
{
    const struct {
        const char *name, *value;
        bool (*says_so)(const char *);
    } signs[] = {{"X-Cache", headers->x_cache, has_hit},
                 {"CF-Cache-Status", headers->cf_cache_status, is_kept_copy},
                 {"Cache-Status", headers->cache_status, has_hit},
                 {"Age", headers->age, is_positive}};
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (signs[i].value && signs[i].says_so(signs[i].value)) {
            *ret_value = signs[i].value;
            return signs[i].name;
        }
    return NULL;
}
