/* The ${placeholders} of a template, checked before anything is sent, and the secrets that a configuration
 * names: files under $CREDENTIALS_DIRECTORY (systemd's LoadCredential=). */
#ifndef WARMD_CONFIG_SECRETS_H
#define WARMD_CONFIG_SECRETS_H

#include "config/reader.h"

enum secret_use {
    SECRET_IN_BODY,
    SECRET_IN_HEADER, /* no control characters */
    SECRET_IN_URL,    /* nor blanks, and ASCII only */
};

/* TEMPLATE, which SETTING holds, with harmless values in place of its placeholders (for a secret: "x"), so
 * that it can be checked further; owned by the caller. Adds the secrets that it names to the plan's, each
 * once and without its trailing newline. NULL: it can't be expanded. Every wrong placeholder and everything
 * wrong with a secret is recorded, but never its value. */
char *template_check(struct reader *reader, const config_setting_t *setting, const char *template,
                     enum secret_use use);

/* The file of secret NAME as a new string, owned by the caller; NULL: unknown, and that is recorded. */
char *secret_path(struct reader *reader, const config_setting_t *setting, const char *name);

#endif
