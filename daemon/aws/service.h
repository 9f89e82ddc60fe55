/* The AWS host to ask for a service: "Service-specific endpoints" and "Dual-stack and FIPS endpoints" of the
 * AWS SDKs and Tools Reference Guide, as botocore implements them. */
#ifndef WARMD_AWS_SERVICE_H
#define WARMD_AWS_SERVICE_H

#include "aws/profile.h"

/* The origin of SERVICE ("lambda", "sts") in REGION for PROFILE (NULL: the environment's), a new string
 * without a trailing slash. The first of: $AWS_ENDPOINT_URL_<SERVICE>, $AWS_ENDPOINT_URL, the profile's
 * `services` section, its `endpoint_url`, all of them unless $AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or the
 * profile's key is true; https and the partition's host, with -fips and dual-stack where
 * $AWS_USE_FIPS_ENDPOINT and $AWS_USE_DUALSTACK_ENDPOINT, or the profile's keys, are true. FILES may be NULL:
 * they are read here if needed. -EINVAL: REGION (may be NULL where a variable decides) has characters that no
 * region has, or a configured URL is not one; -ENOENT: a `services` section that doesn't exist; and the
 * errors of shared_files_read. */
int service_origin(const struct shared_files *files, const char *profile, const char *service,
                   const char *region, char **ret_origin, struct error *error);

#endif
