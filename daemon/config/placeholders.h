/* The ${placeholders} of a template, checked before anything is sent. */
#ifndef WARMD_CONFIG_PLACEHOLDERS_H
#define WARMD_CONFIG_PLACEHOLDERS_H

#include "config/reader.h"
#include "config/systemd_credential.h"

/* TEMPLATE, which SETTING holds, with harmless values in place of its placeholders (for a credential: "x"),
 * so that it can be checked further; owned by the caller. Reads the credentials that it names into the plan.
 * NULL: it can't be expanded; every wrong placeholder in it is recorded. */
char *placeholders_check(struct reader *reader, const config_setting_t *setting, const char *template,
                         enum credential_use use);

#endif
