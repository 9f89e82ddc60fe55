/* AWS's shared credentials and config files: sections of `key = value`, read as botocore reads them, which is
 * as Python's configparser does. */
#ifndef WARMD_AWS_INI_H
#define WARMD_AWS_INI_H

#include "base/error.h"
#include "plan/file.h"

#include <stdbool.h>
#include <stddef.h>

enum ini_kind {
    INI_CREDENTIALS, /* every section is a profile of that name */
    INI_CONFIG,      /* [profile NAME], [default] and [services NAME]; the others are of no interest */
};

struct ini_entry {
    const char *key;   /* in lower case */
    const char *value; /* lines that go on with it are separated by newlines; may be empty */
    unsigned line;     /* from 1 */
};

/* The entries FIRST and on, N of them. */
struct ini_section {
    const char *header; /* what stands in the brackets, as it is */
    char *profile;      /* the profile that it is; NULL: none */
    char *services;     /* the same for [services NAME] */
    size_t first, n;
};

/* Zero-initialised is a file that isn't there. */
struct ini {
    char *path;
    struct file file; /* what the entries point into */
    struct ini_section *sections;
    size_t n_sections;
    struct ini_entry *entries;
    size_t n_entries;
};

/* Reads PATH. -ENOENT: there is none (RET_INI is untouched, ERROR too). -EACCES and others of file_read;
 * -EBADMSG: a line makes no sense, or a section or a key is there twice. ERROR names the file and the line,
 * and never quotes it: it may hold a secret. */
int ini_read(const char *path, enum ini_kind kind, struct ini *ret_ini, struct error *error);
/* Wipes and frees. */
void ini_free(struct ini *ini);
#define CLEANUP_INI __attribute__((cleanup(ini_free)))

/* The section of PROFILE, the last one where there are several; NULL: none. */
const struct ini_section *ini_profile(const struct ini *ini, const char *profile);
/* KEY of PROFILE, or of [DEFAULT], which every section has a part in; NULL: it isn't there. */
const struct ini_entry *ini_get(const struct ini *ini, const char *profile, const char *key);

/* Of [services NAME]: KEY among the lines below `SERVICE =`, a new string. 1; 0: there is none of it;
 * -ENOENT: there is no such section; -ENOMEM. */
int ini_get_service(const struct ini *ini, const char *name, const char *service, const char *key,
                    char **ret_value);

#endif
