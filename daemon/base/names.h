/* Names: finds where in an array a named thing is, in O(log n). A red-black tree, libc's tsearch. */
#ifndef WARMD_BASE_NAMES_H
#define WARMD_BASE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define NAMES_NONE SIZE_MAX

/* Zero-initialised: empty. */
struct names {
    void *root;
};

/* Puts NAME, which must stay where it is, at PLACE. A known name moves there, which needs no memory. 0 or
 * -ENOMEM. */
int names_put(struct names *names, const char *name, size_t place);
/* NAMES_NONE: NAME isn't known. */
size_t names_find(const struct names *names, const char *name);
/* Call before NAME is freed. */
void names_drop(struct names *names, const char *name);
void names_free(struct names *names);

#endif
