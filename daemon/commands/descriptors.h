/* Does the process have what a plan needs: descriptors and secrets? */
#ifndef WARMD_COMMANDS_DESCRIPTORS_H
#define WARMD_COMMANDS_DESCRIPTORS_H

#include "base/error.h"
#include "plan/plan.h"

/* 0, or -ENOKEY: secrets are named and there is no $CREDENTIALS_DIRECTORY, as ERROR says. */
int plan_has_secrets(const struct plan *plan, struct error *error);
/* 0, or -EMFILE: more connections at a time than descriptors; ERROR gives the number needed. */
int plan_is_sendable(const struct plan *plan, struct error *error);

#endif
