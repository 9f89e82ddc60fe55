/* AWS hosts whose names say their service and region. Pure. */
#ifndef WARMD_PLAN_AWS_HOST_H
#define WARMD_PLAN_AWS_HOST_H

#include "plan/function_name.h"

#include <stdbool.h>

struct aws_host {
    const char *service; /* to sign requests for: "lambda" or "execute-api" */
    char region[REGION_MAX + 1];
};

/* Reads the service and region from the host of URL, an http or https URL: *.execute-api.REGION.amazonaws.com
 * (API Gateway), *.lambda-url.REGION.on.aws (function URLs), lambda.REGION.amazonaws.com (the Invoke API),
 * including the other partitions' domains and VPC endpoints. False: none of these. */
bool aws_host_parse(const char *url, struct aws_host *ret_host);

/* Whether URL's host is a Lambda web function's: *.lambda-web.REGION.on.aws, or "global" for its region. One
 * instance of it serves up to 128 requests at once, and it speaks HTTP/1.1 only. */
bool url_is_web_function(const char *url);

/* Whether HOST (without brackets or a dot at its end), or URL's host, is this machine: localhost, 127.0.0.0/8
 * or ::1. */
bool host_is_loopback(const char *host);
bool url_is_loopback(const char *url);

#endif
