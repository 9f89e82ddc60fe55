#include "decide/prices.h"

#include "plan/partition.h"

#include <string.h>

/* A region's prices: USD for a million requests, or a million GB-seconds of x86_64. */
struct listed {
    const char *region;
    double requests, duration, provisioned, provisioned_duration, rest;
};

/* AWS's public prices (https://aws.amazon.com/lambda/pricing/, https://aws.amazon.com/api-gateway/pricing/)
 * from 2025, on demand, first tiers. Lambda's are from AWS's own calculator; arm64's GB-second is four fifths
 * of x86_64's. API Gateway's are less sure: an HTTP API's request costs $1.00 a million times the region's
 * factor for provisioned concurrency over us-east-1 (which gives eu-west-1's 1.11, eu-central-1's 1.20 and
 * ap-northeast-1's 1.29), and 4.25, the highest known for a REST API, stands wherever its price wasn't known,
 * so that a budget is kept. */
static const struct listed table[] = {
    {"us-east-1", 0.20, 16.6667, 4.1667, 9.7222, 3.50},
    {"us-east-2", 0.20, 16.6667, 4.1667, 9.7222, 3.50},
    {"us-west-2", 0.20, 16.6667, 4.1667, 9.7222, 3.50},
    {"us-west-1", 0.20, 16.6667, 4.9041, 11.4430, 3.50},
    {"ca-central-1", 0.20, 16.6667, 4.6460, 10.8407, 3.50},
    {"sa-east-1", 0.20, 16.6667, 6.6372, 15.4867, 4.25},
    {"eu-west-1", 0.20, 16.6667, 4.6460, 10.8407, 3.50},
    {"eu-west-2", 0.20, 16.6667, 4.8304, 11.2709, 3.50},
    {"eu-west-3", 0.20, 16.6667, 4.8673, 11.3569, 3.50},
    {"eu-central-1", 0.20, 16.6667, 5.0147, 11.7011, 3.70},
    {"eu-central-2", 0.22, 18.3334, 5.5162, 12.8712, 4.25},
    {"eu-north-1", 0.20, 16.6667, 4.4248, 10.3245, 3.50},
    {"eu-south-1", 0.23, 19.5172, 4.8783, 11.3827, 4.25},
    {"me-south-1", 0.25, 20.6667, 5.1108, 11.9251, 4.25},
    {"af-south-1", 0.27, 22.1000, 5.5300, 12.9000, 4.25},
    {"ap-south-1", 0.20, 16.6667, 4.4985, 10.4966, 3.50},
    {"ap-east-1", 0.28, 22.9200, 5.7153, 13.3358, 4.25},
    {"ap-northeast-1", 0.20, 16.6667, 5.3835, 12.5615, 4.25},
    {"ap-northeast-2", 0.20, 16.6667, 5.1254, 11.9592, 3.50},
    {"ap-northeast-3", 0.20, 16.6667, 5.3835, 12.5615, 4.25},
    {"ap-southeast-1", 0.20, 16.6667, 5.1991, 12.1313, 4.25},
    {"ap-southeast-2", 0.20, 16.6667, 5.2360, 12.2173, 3.50},
    {"ap-southeast-4", 0.20, 16.6667, 5.2360, 12.2173, 4.25},
    {"ap-southeast-5", 0.18, 15.0000, 4.6791, 10.9181, 4.25},
    /* For these only Lambda's requests and duration were looked up: the rest is us-east-1's, scaled by
     * duration. */
    {"ap-southeast-3", 0.20, 16.6667, 4.1667, 9.7222, 4.25},
    {"il-central-1", 0.21, 17.5000, 4.3750, 10.2083, 4.25},
    {"me-central-1", 0.25, 20.6667, 5.1667, 12.0555, 4.25},
    {"us-gov-east-1", 0.20, 16.6667, 4.1667, 9.7222, 4.25},
    {"us-gov-west-1", 0.20, 16.6667, 4.1667, 9.7222, 4.25},
};

static double arm_share(enum architecture architecture)
{
    return architecture == ARCHITECTURE_ARM64 ? 0.8 : 1;
}

static const struct listed *find(const char *region, enum price_source *ret_source)
{
    bool is_public = !region || partition_of_region(region)->priced_in_usd;
    *ret_source = is_public ? PRICES_ASSUMED : PRICES_UNKNOWN;
    for (size_t i = 0; region && i < COUNT_OF(table); i++)
        if (strcmp(region, table[i].region) == 0) {
            *ret_source = PRICES_LISTED;
            return &table[i];
        }
    return &table[0];
}

static void override(double *price, double given, double per)
{
    if (given >= 0)
        *price = given / per;
}

static void apply(struct prices *prices, enum architecture architecture, const struct price_overrides *given)
{
    double duration = architecture == ARCHITECTURE_ARM64 ? given->gb_second_arm : given->gb_second_x86;
    override(&prices->request, given->requests_per_million, 1e6);
    override(&prices->gb_second, duration, 1);
    override(&prices->provisioned_gb_second, given->provisioned_gb_second, 1);
    override(&prices->provisioned_duration, given->provisioned_duration, 1);
    override(&prices->gateway_http, given->gateway_per_million, 1e6);
    override(&prices->gateway_rest, given->gateway_per_million, 1e6);
    prices->gateway_given = given->gateway_per_million >= 0;
    /* Without a list, these two are enough to say what a round costs. */
    if (prices->source == PRICES_UNKNOWN && given->requests_per_million >= 0 && duration >= 0)
        prices->source = PRICES_ASSUMED;
}

struct prices prices_for(const char *region, enum architecture architecture,
                         const struct price_overrides *overrides)
{
    enum price_source source;
    const struct listed *listed = find(region, &source);
    double share = arm_share(architecture);
    struct prices prices = {
        .source = source,
        .request = listed->requests / 1e6,
        .gb_second = listed->duration * share / 1e6,
        .provisioned_gb_second = listed->provisioned * share / 1e6,
        .provisioned_duration = listed->provisioned_duration * share / 1e6,
        .gateway_http = listed->provisioned / table[0].provisioned / 1e6,
        .gateway_rest = listed->rest / 1e6,
    };
    apply(&prices, architecture, overrides);
    return prices;
}

struct prices prices_of_endpoint(const struct endpoint *endpoint, const struct price_overrides *overrides)
{
    struct aws_host host;
    const char *region = endpoint->region;
    if (!region && endpoint->url && aws_host_parse(endpoint->url, &host))
        region = host.region;
    return prices_for(region, endpoint->arch, overrides);
}
