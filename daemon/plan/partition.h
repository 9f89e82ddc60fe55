/* AWS's partitions: which regions each has, how its hosts are named, and what a host's name says. The only
 * place that knows. Pure.
 * Source: partitions.json and endpoints.json of the AWS SDKs, botocore's among them;
 * tests/unit/plan/test_partition.c checks the table against botocore's. */
#ifndef WARMD_PLAN_PARTITION_H
#define WARMD_PLAN_PARTITION_H

#include "base/text.h"

#include <stdbool.h>

enum { REGION_MAX = 63 }; /* it becomes part of a host name */

struct partition {
    const char *name;              /* as in ARNs: "aws-cn" */
    const char *areas;             /* how the names of its regions begin, separated by blanks: "cn" */
    const char *suffix;            /* of hosts: "amazonaws.com.cn" */
    const char *dual_stack_suffix; /* of hosts that speak IPv6, too: "api.amazonwebservices.com.cn" */
    const char *url_suffix;        /* of function URLs: "on.amazonwebservices.com.cn"; NULL: it has none */
    const char *home;              /* a region that always exists, for STS if no other is known */
    bool sts_is_fips;              /* STS has no "-fips" in its name there */
    bool priced_in_usd;            /* its prices are public, and in USD */
};

/* The partition of REGION, by how it begins; "aws" for anything else. Never NULL. */
const struct partition *partition_of_region(const char *region);
/* The partition with this name in ARNs, and the one of an ARN; NULL: none. */
const struct partition *partition_named(const char *name);
const struct partition *partition_of_arn(const char *arn);
/* The partition whose hosts end with SUFFIX, plain or dual-stack, whether or not it stands after "vpce.";
 * NULL: none. */
const struct partition *partition_of_suffix(const char *suffix);
/* Whether function URLs of some partition end with SUFFIX. */
bool is_function_url_suffix(const char *suffix);

/* Which of a service's hosts. */
struct host_variant {
    bool fips, dual_stack;
};
/* Appends the host of SERVICE ("lambda", "sts") in REGION: "lambda-fips.us-east-1.api.aws". */
void partition_add_host(struct text *text, const char *service, const char *region,
                        struct host_variant variant);

/* Whether TEXT can be a region's name: lower-case letters, digits and hyphens. */
bool is_region(const char *text);
/* Whether REGION is named as AWS names its regions: AREA-DIRECTION-NUMBER, such as eu-west-1. So is one that
 * is newer than this program. */
bool region_is_plausible(const char *region);
/* The known region that REGION, which isn't one, may mean; NULL: none is similar. */
const char *region_suggestion(const char *region);

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
