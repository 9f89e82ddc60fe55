/* Prices: AWS's public ones, by region, and the configuration's own. Pure. */
#ifndef WARMD_DECIDE_PRICES_H
#define WARMD_DECIDE_PRICES_H

#include "plan/plan.h"

#define PRICES_AS_OF "2025" /* the table's date; its source is in prices.c */

enum price_source {
    PRICES_LISTED,  /* the region's own */
    PRICES_ASSUMED, /* us-east-1's: the region isn't in the table, or isn't known */
    PRICES_UNKNOWN, /* billed in another currency, or not public: nothing can be said about costs */
};

/* USD, for one request or one GB-second. */
struct prices {
    enum price_source source;
    double request;               /* Lambda's */
    double gb_second;             /* Lambda's duration, of the architecture */
    double provisioned_gb_second; /* provisioned concurrency, while it is set */
    double provisioned_duration;  /* and its duration, while it runs */
    double gateway_http;          /* API Gateway's request to an HTTP API */
    double gateway_rest;          /* to a REST API */
    bool gateway_given;           /* the configuration's own: for any host that isn't known to be free */
};

/* The first tiers' prices in REGION (NULL: not known) for ARCHITECTURE, replaced by those that OVERRIDES has.
 * The free tier and discounts are left out. */
struct prices prices_for(const char *region, enum architecture architecture,
                         const struct price_overrides *overrides);

/* Those of ENDPOINT: of its region, or of its host. */
struct prices prices_of_endpoint(const struct endpoint *endpoint, const struct price_overrides *overrides);

#endif
