/* AWS's shared credentials and config files: sections of `key = value`. */
#ifndef WARMD_AWS_INI_H
#define WARMD_AWS_INI_H

#include "base/error.h"
#include "plan/file.h"

#include <stdbool.h>
#include <stddef.h>

enum ini_kind {
    INI_CREDENTIALS, /* profiles are called [name] */
    INI_CONFIG,      /* [profile name] and [default]; other sections are no profiles */
};

struct ini_entry {
    const char *profile; /* NULL: of a section that is no profile */
    const char *key;     /* in lower case; NULL: the section's beginning */
    const char *value;
    unsigned line; /* from 1 */
};

/* Zero-initialised is a file that isn't there. */
struct ini {
    char *path;
    struct file file; /* what the entries point into */
    struct ini_entry *entries;
    size_t n;
};

/* Reads PATH. -ENOENT: there is none (RET_INI is untouched, ERROR too). -EACCES and others of file_read;
 * -EBADMSG: a line makes no sense. ERROR names the file and the line, and never quotes it: it may hold a
 * secret. */
int ini_read(const char *path, enum ini_kind kind, struct ini *ret_ini, struct error *error);
/* Wipes and frees. */
void ini_free(struct ini *ini);
#define CLEANUP_INI __attribute__((cleanup(ini_free)))

bool ini_has(const struct ini *ini, const char *profile);
/* The last entry of KEY with a value; NULL: none. */
const struct ini_entry *ini_get(const struct ini *ini, const char *profile, const char *key);

#endif
