#include "aws/service.h"

#include "base/cleanup.h"
#include "base/require.h"
#include "base/text.h"
#include "plan/partition.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

enum { VARIABLE_MAX = 64, SHOWN_MAX = 120 };

struct question {
    const struct shared_files *files;
    const char *profile, *service;
};

/* VARIABLE if it is set (even to nothing), else the profile's KEY; true only if the value is "true". */
static bool is_true(const struct question *question, const char *variable_name, const char *key)
{
    const char *value = getenv(variable_name);
    if (!value)
        value = profile_value(question->files, question->profile, key);
    return value && strcasecmp(value, "true") == 0;
}

/* NULL: none is set. */
static const char *of_environment(const char *service)
{
    char name[VARIABLE_MAX];
    int length = snprintf(name, sizeof name, "AWS_ENDPOINT_URL_%s", service);
    for (char *c = name; c < name + length; c++)
        *c = (char)toupper((unsigned char)*c);
    const char *named = aws_variable(name);
    return named ? named : aws_variable("AWS_ENDPOINT_URL");
}

/* Returns 1 and a new string, or 0. */
static int of_services(const struct question *question, char **ret_url, struct error *error)
{
    const char *name = profile_value(question->files, question->profile, "services");
    if (!name)
        return 0;
    int result = ini_get_service(&question->files->config, name, question->service, "endpoint_url", ret_url);
    CLEANUP_FREE char *shown = result == -ENOENT ? text_escape(name, SHOWN_MAX) : NULL;
    if (result == -ENOENT)
        return error_set(error, result,
                         "profile '%s' has services = %s, but there is no section [services %s]",
                         question->profile, shown ? shown : "?", shown ? shown : "?");
    return result < 0 ? error_set(error, result, "out of memory") : result;
}

/* The URL that somebody has configured: 1 and a new string, or 0. */
static int find_named(const struct question *question, char **ret_url, struct error *error)
{
    const char *named = of_environment(question->service);
    int result = named ? 0 : of_services(question, ret_url, error);
    if (result != 0)
        return result;
    if (!named)
        named = profile_value(question->files, question->profile, "endpoint_url");
    if (!named)
        return 0;
    *ret_url = strdup(named);
    return *ret_url ? 1 : error_set(error, -ENOMEM, "out of memory");
}

static int of_region(const struct question *question, const char *region, char **ret_url, struct error *error)
{
    struct text url = {0};
    struct host_variant variant = {
        .fips = is_true(question, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
        .dual_stack = is_true(question, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
    };
    if (!region || !is_region(region))
        return error_set(error, -EINVAL, "the region contains invalid characters");
    text_add(&url, "https://");
    partition_add_host(&url, question->service, region, variant);
    *ret_url = text_take(&url);
    return *ret_url ? 1 : error_set(error, -ENOMEM, "out of memory");
}

/* People write these URLs: "https://host:port", with or without a path. */
static int check_named(char *url, struct error *error)
{
    REQUIRE(url);
    bool is_url = strncasecmp(url, "https://", strlen("https://")) == 0 ||
                  strncasecmp(url, "http://", strlen("http://")) == 0;
    for (const char *c = url; *c; c++)
        is_url = is_url && *c > ' ' && *c < 0x7f && !strchr("?#@", *c);
    for (size_t length = strlen(url); length > 0 && url[length - 1] == '/'; length--)
        url[length - 1] = '\0';
    CLEANUP_FREE char *shown = is_url ? NULL : text_escape(url, SHOWN_MAX);
    return is_url ? 1
                  : error_set(error, -EINVAL,
                              "'%s', from AWS_ENDPOINT_URL or the profile, is not a URL such as "
                              "https://lambda.eu-west-1.amazonaws.com",
                              shown ? shown : "?");
}

static int find(const struct question *question, const char *region, char **ret_url, struct error *error)
{
    bool ignored =
        is_true(question, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls");
    int result = ignored ? 0 : find_named(question, ret_url, error);
    return result > 0    ? check_named(*ret_url, error)
           : result == 0 ? of_region(question, region, ret_url, error)
                         : result;
}

int service_origin(const struct shared_files *files, const char *profile, const char *service,
                   const char *region, char **ret_origin, struct error *error)
{
    CLEANUP_SHARED_FILES struct shared_files own = {0};
    CLEANUP_FREE char *url = NULL;
    struct question question = {.files = files ? files : &own,
                                .profile = profile ? profile : profile_of_environment(),
                                .service = service};
    int result = files ? 0 : shared_files_read(&own, error);
    if (result < 0 && result != -EACCES) /* as in botocore; whoever needs keys from it gets the error */
        return result;
    result = find(&question, region, &url, error);
    if (result < 0)
        return result;
    *ret_origin = STEAL(url);
    return 0;
}
