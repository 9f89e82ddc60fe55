/* What was learned, as JSON. */
#ifndef WARMD_MEMORY_POLICY_JSON_H
#define WARMD_MEMORY_POLICY_JSON_H

#include "decide/policy.h"

#include <jansson.h>

/* A new object; NULL: no memory. */
json_t *policy_json(const struct policy_state *policy);
/* -EBADMSG: JSON isn't such an object, or a number in it is impossible. -ENOMEM. */
int policy_from_json(const json_t *json, struct policy_state *ret_policy);

json_t *throttles_json(const struct throttles *throttles);
int throttles_from_json(const json_t *json, struct throttles *ret_throttles);

#endif
