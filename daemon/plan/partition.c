#include "plan/partition.h"

#include "base/cleanup.h"
#include "base/suggest.h"
#include "plan/syntax.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { HOST_TEXT_MAX = 255 };

/* The first one takes every region that no other claims. */
static const struct partition partitions[] = {
    {.name = "aws",
     .areas = "us eu ap sa ca me af il mx",
     .suffix = "amazonaws.com",
     .dual_stack_suffix = "api.aws",
     .url_suffix = "on.aws",
     .home = "us-east-1",
     .priced_in_usd = true},
    {.name = "aws-cn",
     .areas = "cn",
     .suffix = "amazonaws.com.cn",
     .dual_stack_suffix = "api.amazonwebservices.com.cn",
     .url_suffix = "on.amazonwebservices.com.cn",
     .home = "cn-north-1"},
    {.name = "aws-us-gov",
     .areas = "us-gov",
     .suffix = "amazonaws.com",
     .dual_stack_suffix = "api.aws",
     .url_suffix = "on.aws",
     .home = "us-gov-west-1",
     .sts_is_fips = true,
     .priced_in_usd = true},
    {.name = "aws-iso",
     .areas = "us-iso",
     .suffix = "c2s.ic.gov",
     .dual_stack_suffix = "api.aws.ic.gov",
     .home = "us-iso-east-1"},
    {.name = "aws-iso-b",
     .areas = "us-isob",
     .suffix = "sc2s.sgov.gov",
     .dual_stack_suffix = "api.aws.scloud",
     .home = "us-isob-east-1"},
    {.name = "aws-iso-e",
     .areas = "eu-isoe",
     .suffix = "cloud.adc-e.uk",
     .dual_stack_suffix = "api.cloud-aws.adc-e.uk",
     .home = "eu-isoe-west-1"},
    {.name = "aws-iso-f",
     .areas = "us-isof",
     .suffix = "csp.hci.ic.gov",
     .dual_stack_suffix = "api.aws.hci.ic.gov",
     .home = "us-isof-south-1"},
    {.name = "aws-eusc",
     .areas = "eusc-de",
     .suffix = "amazonaws.eu",
     .dual_stack_suffix = "api.amazonwebservices.eu",
     .url_suffix = "on.amazonwebservices.eu",
     .home = "eusc-de-east-1"},
};

/* For suggestions only: a region that isn't here isn't a mistake. */
static const char *const known_regions[] = {
    "us-east-1",      "us-east-2",      "us-west-1",      "us-west-2",       "af-south-1",
    "ap-east-1",      "ap-east-2",      "ap-northeast-1", "ap-northeast-2",  "ap-northeast-3",
    "ap-south-1",     "ap-south-2",     "ap-southeast-1", "ap-southeast-2",  "ap-southeast-3",
    "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",  "ca-central-1",
    "ca-west-1",      "eu-central-1",   "eu-central-2",   "eu-north-1",      "eu-south-1",
    "eu-south-2",     "eu-west-1",      "eu-west-2",      "eu-west-3",       "il-central-1",
    "me-central-1",   "me-south-1",     "mx-central-1",   "sa-east-1",       "cn-north-1",
    "cn-northwest-1", "us-gov-east-1",  "us-gov-west-1",  "us-iso-east-1",   "us-iso-west-1",
    "us-isob-east-1", "eu-isoe-west-1", "us-isof-east-1", "us-isof-south-1", "eusc-de-east-1"};

/* The part of REGION after one of PARTITION's areas and a hyphen; NULL: it begins differently. */
static const char *after_area(const struct partition *partition, const char *region)
{
    for (const char *area = partition->areas; *area;) {
        size_t length = strcspn(area, " ");
        if (strncmp(region, area, length) == 0 && region[length] == '-')
            return region + length + 1;
        area += length;
        area += strspn(area, " ");
    }
    return NULL;
}

const struct partition *partition_of_region(const char *region)
{
    for (size_t i = 1; i < COUNT_OF(partitions); i++)
        if (after_area(&partitions[i], region))
            return &partitions[i];
    return &partitions[0];
}

static const struct partition *find_named(const char *name, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(partitions); i++)
        if (strlen(partitions[i].name) == length && memcmp(partitions[i].name, name, length) == 0)
            return &partitions[i];
    return NULL;
}

const struct partition *partition_named(const char *name)
{
    return find_named(name, strlen(name));
}

const struct partition *partition_of_arn(const char *arn)
{
    static const char prefix[] = "arn:";
    if (!text_starts_with(arn, prefix))
        return NULL;
    arn += strlen(prefix);
    return find_named(arn, strcspn(arn, ":"));
}

const struct partition *partition_of_suffix(const char *suffix)
{
    static const char vpce[] = "vpce.";
    if (text_starts_with(suffix, vpce))
        suffix += strlen(vpce);
    for (size_t i = 0; i < COUNT_OF(partitions); i++)
        if (strcmp(partitions[i].suffix, suffix) == 0 || strcmp(partitions[i].dual_stack_suffix, suffix) == 0)
            return &partitions[i];
    return NULL;
}

bool is_function_url_suffix(const char *suffix)
{
    for (size_t i = 0; i < COUNT_OF(partitions); i++)
        if (partitions[i].url_suffix && strcmp(partitions[i].url_suffix, suffix) == 0)
            return true;
    return false;
}

void partition_add_host(struct text *text, const char *service, const char *region,
                        struct host_variant variant)
{
    const struct partition *partition = partition_of_region(region);
    bool named_fips =
        variant.fips && !(partition->sts_is_fips && !variant.dual_stack && strcmp(service, "sts") == 0);
    text_format(text, "%s%s.%s.%s", service, named_fips ? "-fips" : "", region,
                variant.dual_stack ? partition->dual_stack_suffix : partition->suffix);
}

bool is_region(const char *text)
{
    return text_consists_of(text, LOWER_CASE DIGITS "-", REGION_MAX) && text[0] != '-' &&
           text[strlen(text) - 1] != '-';
}

/* DIRECTION-NUMBER */
static bool is_direction(const char *text)
{
    static const char *const directions[] = {"north",     "south",     "east",      "west",   "northeast",
                                             "northwest", "southeast", "southwest", "central"};
    size_t length = strcspn(text, "-");
    if (text[length] != '-' || text[length + 1] == '\0' ||
        text[length + 1 + strspn(text + length + 1, DIGITS)] != '\0')
        return false;
    for (size_t i = 0; i < COUNT_OF(directions); i++)
        if (strlen(directions[i]) == length && memcmp(directions[i], text, length) == 0)
            return true;
    return false;
}

bool region_is_plausible(const char *region)
{
    for (size_t i = 0; i < COUNT_OF(partitions); i++) {
        const char *rest = after_area(&partitions[i], region);
        if (rest && is_direction(rest))
            return true;
    }
    return false;
}

const char *region_suggestion(const char *region)
{
    return suggest(region, known_regions, COUNT_OF(known_regions));
}

/* The host of URL in lower case, without its port and a trailing dot; false: too long for a host. */
static bool host_of(const char *url, char host[HOST_TEXT_MAX + 1])
{
    const char *begin = strstr(url, "://") + strlen("://");
    size_t length = url_origin_length(url) - (size_t)(begin - url);
    if (begin[0] == '[')
        length = strcspn(++begin, "]");
    else if (memchr(begin, ':', length))
        length = strcspn(begin, ":");
    if (length > HOST_TEXT_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        host[i] = (char)tolower((unsigned char)begin[i]);
    if (length > 0 && host[length - 1] == '.')
        length--;
    host[length] = '\0';
    return true;
}

/* The service of a host that has LABEL before its region and DOMAIN after it; NULL: none. */
static const char *service_of(const char *label, const char *domain, bool first)
{
    if (!first && strcmp(label, "lambda-url") == 0 && is_function_url_suffix(domain))
        return "lambda";
    if (!partition_of_suffix(domain))
        return NULL;
    if (!first && strcmp(label, "execute-api") == 0)
        return "execute-api";
    bool invoke = strcmp(label, "lambda") == 0 || (first && strcmp(label, "lambda-fips") == 0);
    return invoke && (first || text_starts_with(domain, "vpce.")) ? "lambda" : NULL;
}

bool aws_host_parse(const char *url, struct aws_host *ret_host)
{
    char host[HOST_TEXT_MAX + 1];
    if (!host_of(url, host))
        return false;
    for (char *label = host; label;) {
        char *region = strchr(label, '.'), *domain = region ? strchr(region + 1, '.') : NULL;
        if (!domain)
            return false;
        *region = *domain = '\0';
        const char *service = service_of(label, domain + 1, label == host);
        if (service && is_region(region + 1)) {
            ret_host->service = service;
            memcpy(ret_host->region, region + 1, strlen(region + 1) + 1);
            return true;
        }
        *domain = '.';
        label = region + 1;
    }
    return false;
}

bool url_is_web_function(const char *url)
{
    static const char label[] = ".lambda-web.";
    char host[HOST_TEXT_MAX + 1];
    char *region = host_of(url, host) ? strstr(host, label) : NULL;
    if (!region)
        return false;
    region += strlen(label);
    char *domain = strchr(region, '.');
    if (!domain)
        return false;
    *domain = '\0';
    return is_region(region) && is_function_url_suffix(domain + 1);
}

bool host_is_loopback(const char *host)
{
    struct in_addr address;
    struct in6_addr address6;
    if (inet_pton(AF_INET, host, &address) == 1)
        return ntohl(address.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &address6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&address6);
    return strcasecmp(host, "localhost") == 0;
}

bool url_is_loopback(const char *url)
{
    char host[HOST_TEXT_MAX + 1];
    return host_of(url, host) && host_is_loopback(host);
}
