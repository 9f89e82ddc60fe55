/* Secrets that the configuration names: files under $CREDENTIALS_DIRECTORY (systemd's LoadCredential=). */
#ifndef WARMD_CONFIG_SYSTEMD_CREDENTIAL_H
#define WARMD_CONFIG_SYSTEMD_CREDENTIAL_H

#include "config/reader.h"

enum credential_use {
    CREDENTIAL_IN_BODY,
    CREDENTIAL_IN_HEADER, /* no control characters */
    CREDENTIAL_IN_URL,    /* nor blanks, and ASCII only */
};

/* Adds credential NAME, which SETTING's template names, to the plan's secrets, once, without its trailing
 * newline. Records everything wrong with it at SETTING, but never its value. */
void credential_read(struct reader *reader, const config_setting_t *setting, const char *name,
                     enum credential_use use);

/* The file of credential NAME as a new string, owned by the caller; NULL: unknown, and that is recorded. */
char *credential_path(struct reader *reader, const config_setting_t *setting, const char *name);

#endif
