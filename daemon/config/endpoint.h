/* Turns a group of the configuration into an endpoint of the plan. */
#ifndef WARMD_CONFIG_ENDPOINT_H
#define WARMD_CONFIG_ENDPOINT_H

#include "config/reader.h"

/* Reads GROUP, and takes what it leaves out from DEFAULTS (NULL: none) or else from the preset values.
 * Records whatever is wrong; the endpoint is then fit only for endpoint_free. */
void endpoint_read(struct reader *reader, const config_setting_t *group, const config_setting_t *defaults,
                   struct endpoint *ret_endpoint);
/* Records what is wrong in a group of defaults. */
void defaults_read(struct reader *reader, const config_setting_t *defaults);

#endif
