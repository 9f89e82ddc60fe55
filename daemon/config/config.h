/* Turns configuration text into a plan. The only user of libconfig. */
#ifndef WARMD_CONFIG_CONFIG_H
#define WARMD_CONFIG_CONFIG_H

#include "base/text.h"
#include "plan/mistakes.h"
#include "plan/plan.h"

/* Reads PATH and every conf.d/NAME.conf next to it, in lexical order, into a new plan with one reference. 0:
 * *ret_plan is complete (MISTAKES may hold warnings). -ENOENT, -EACCES: PATH itself can't be opened, as
 * MISTAKES says. -EINVAL: mistakes, each with its FILE:LINE. -ENOMEM. Never logs, never exits, whatever the
 * text is. */
int config_load(const char *path, struct plan **ret_plan, struct mistakes *mistakes);

/* Adds the name of each endpoint in these files to NAMES, each with a newline, as far as the files can be
 * read: mistakes don't matter, and no secret is read. 0; -ENOENT, -EACCES: PATH can't be opened; -ENOMEM. */
int config_names(const char *path, struct text *names);

#endif
