/* Values of an endpoint's keys that aren't given. */
#ifndef WARMD_CONFIG_PRESET_H
#define WARMD_CONFIG_PRESET_H

#include "plan/plan.h"

/* As the table of keys says it. */
struct endpoint endpoint_preset(void);

/* Fills in what follows from other keys: method and expect, if they are NULL, and where an answer names its
 * instance and says that it was cold, unless it is GIVEN. False: memory ran out. */
bool endpoint_preset_rest(struct endpoint *endpoint, bool given_instance, bool given_cold);

/* Whether a handler of the protocol is told by nothing but the body; whether it takes how long to hold. */
bool is_told_by_body(enum warm_protocol protocol);
bool asks_to_hold(enum warm_protocol protocol);

#endif
