/* One group of the configuration to one endpoint of the plan. */
#ifndef WARMD_PLAN_ENDPOINTS_H
#define WARMD_PLAN_ENDPOINTS_H

#include "plan/reader.h"

/* Reads GROUP, and what it leaves out from DEFAULTS (NULL: there are none) or else the preset values.
 * Whatever is wrong is recorded; the endpoint is then only good for endpoint_free. */
void endpoint_read(struct reader *reader, const config_setting_t *group, const config_setting_t *defaults,
                   struct endpoint *ret_endpoint);
/* Records what is wrong in a group of defaults. */
void defaults_read(struct reader *reader, const config_setting_t *defaults);

#endif
