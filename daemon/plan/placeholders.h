/* The ${placeholders} of a template, checked before anything is sent. */
#ifndef WARMD_PLAN_PLACEHOLDERS_H
#define WARMD_PLAN_PLACEHOLDERS_H

#include "plan/credentials.h"
#include "plan/reader.h"

/* TEMPLATE, which SETTING holds, with harmless values in place of its placeholders (for a credential: "x"),
 * so that it can be checked further; owned by the caller. Reads the credentials that it names into the plan.
 * NULL: it can't be expanded; every wrong placeholder in it is recorded. */
char *placeholders_check(struct reader *reader, const config_setting_t *setting, const char *template,
                         enum credential_use use);

#endif
