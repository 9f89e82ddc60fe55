/* The shared credentials and config files, and what a profile says in them. */
#ifndef WARMD_AWS_PROFILE_H
#define WARMD_AWS_PROFILE_H

#include "aws/ini.h"

#include <sys/stat.h>

/* A variable of the environment; NULL: unset or empty. */
const char *aws_variable(const char *name);

/* Where they are: $AWS_SHARED_CREDENTIALS_FILE, else $CREDENTIALS_DIRECTORY/aws where it exists, else
 * ~/.aws/credentials; $AWS_CONFIG_FILE, else ~/.aws/config. In the variables' values, ~/ and other variables
 * are expanded. */
struct shared_files {
    struct ini credentials, config;
    char *paths[2];       /* of both; NULL: no home */
    const char *shown[2]; /* the same, for messages */
};

/* Reads both; a missing file is empty. Errors as ini_read's except -ENOENT. */
int shared_files_read(struct shared_files *ret_files, struct error *error);
void shared_files_free(struct shared_files *files); /* wipes */
#define CLEANUP_SHARED_FILES __attribute__((cleanup(shared_files_free)))

/* Is PROFILE in one of them? */
bool profile_exists(const struct shared_files *files, const char *profile);
/* KEY of PROFILE; the credentials file goes before the config file. NULL: none. RET_INI (may be NULL) is set
 * to the file that has it. */
const struct ini_entry *profile_get(const struct shared_files *files, const char *profile, const char *key,
                                    const struct ini **ret_ini);
/* Only its value; NULL: none, or empty. */
const char *profile_value(const struct shared_files *files, const char *profile, const char *key);
/* $AWS_DEFAULT_PROFILE, else $AWS_PROFILE, in botocore's order; NULL: neither is set. RET_VARIABLE (may be
 * NULL) is set to the one that is. */
const char *profile_named_by_environment(const char **ret_variable);
/* -ENOENT: the environment names a profile that doesn't exist. That is an error even if its keys aren't
 * wanted, as in botocore. */
int profile_require_named(const struct shared_files *files, struct error *error);
/* The same profile, else "default". */
const char *profile_of_environment(void);

/* $AWS_REGION, else $AWS_DEFAULT_REGION; NULL: neither is set. */
const char *region_of_environment(void);
/* The same, else the region of PROFILE (NULL: the environment's); NULL: none says one. */
const char *profile_region(const struct shared_files *files, const char *profile);

/* Identifies the files' versions: equal stamps mean that nothing has changed, including permissions. */
struct shared_stamp {
    struct stat files[2]; /* all zero: not there */
};
void shared_stamp_take(struct shared_stamp *ret_stamp);
bool shared_stamp_equal(const struct shared_stamp *a, const struct shared_stamp *b);

#endif
