#include "base/names.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

struct place_of_name {
    const char *name;
    size_t place;
};

static int compare(const void *a, const void *b)
{
    const struct place_of_name *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static struct place_of_name *find(const struct names *names, const char *name)
{
    const struct place_of_name key = {.name = name};
    struct place_of_name *const *node = tfind(&key, &names->root, compare);
    return node ? *node : NULL;
}

int names_put(struct names *names, const char *name, size_t place)
{
    struct place_of_name *known = find(names, name);
    if (known) {
        known->place = place;
        return 0;
    }
    struct place_of_name *entry = malloc(sizeof *entry);
    if (!entry)
        return -ENOMEM;
    *entry = (struct place_of_name){.name = name, .place = place};
    if (!tsearch(entry, &names->root, compare)) {
        free(entry);
        return -ENOMEM;
    }
    return 0;
}

size_t names_find(const struct names *names, const char *name)
{
    const struct place_of_name *entry = find(names, name);
    return entry ? entry->place : NAMES_NONE;
}

void names_drop(struct names *names, const char *name)
{
    struct place_of_name *entry = find(names, name);
    if (!entry)
        return;
    tdelete(entry, &names->root, compare);
    free(entry);
}

void names_free(struct names *names)
{
    tdestroy(names->root, free);
    names->root = NULL;
}
