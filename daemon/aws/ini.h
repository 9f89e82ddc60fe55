/* AWS's shared credentials and config files: sections of `key = value`, read as botocore reads them, which is
 * as Python's configparser does. */
#ifndef WARMD_AWS_INI_H
#define WARMD_AWS_INI_H

#include "base/error.h"
#include "base/file.h"

#include <stdbool.h>
#include <stddef.h>

enum ini_kind {
    INI_CREDENTIALS, /* every section is a profile of that name */
    INI_CONFIG,      /* [profile NAME], [default] and [services NAME]; others are ignored */
};

struct ini_entry {
    const char *key;   /* in lower case */
    const char *value; /* continuation lines are separated by newlines; may be empty */
    unsigned line;     /* from 1 */
};

/* The entries from FIRST on, N of them. */
enum section_kind { SECTION_PROFILE, SECTION_SERVICES };
struct ini_section {
    const char *header; /* the text in the brackets, as is */
    enum section_kind kind;
    char *name; /* of the profile or [services NAME]; NULL: it is neither */
    size_t first, n;
};

/* Zero-initialised means that the file isn't there. */
struct ini {
    char *path;
    struct file file; /* what the entries point into */
    struct ini_section *sections;
    size_t n_sections;
    struct ini_entry *entries;
    size_t n_entries;
};

/* Reads PATH. -ENOENT: there is no such file (RET_INI and ERROR are untouched). -EACCES and others of
 * file_read; -EBADMSG: a line makes no sense, or a section or a key appears twice. ERROR names the file and
 * the line, but never quotes it: it may hold a secret. */
int ini_read(const char *path, enum ini_kind kind, struct ini *ret_ini, struct error *error);
/* Wipes and frees. */
void ini_free(struct ini *ini);
#define CLEANUP_INI __attribute__((cleanup(ini_free)))

/* The section of PROFILE, the last one if there are several; NULL: none. */
const struct ini_section *ini_profile(const struct ini *ini, const char *profile);
/* KEY of PROFILE, or of [DEFAULT], which every section inherits; NULL: not there. */
const struct ini_entry *ini_get(const struct ini *ini, const char *profile, const char *key);

/* In [services NAME]: KEY among the lines below `SERVICE =`, a new string. 1; 0: not there, or empty;
 * -ENOENT: no such section; -ENOMEM. */
int ini_get_service(const struct ini *ini, const char *name, const char *service, const char *key,
                    char **ret_value);

#endif
