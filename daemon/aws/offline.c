#include "aws/offline.h"

#include "aws/profile.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define VENDOR_FILE "/sys/class/dmi/id/sys_vendor"
#define EC2_VENDOR "Amazon EC2"

/* Linux knows who made the machine, and needs no permission to tell. */
static bool is_instance(void)
{
    char vendor[64] = "";
    CLEANUP_FCLOSE FILE *file = fopen(VENDOR_FILE, "re");
    return file && fgets(vendor, sizeof vendor, file) && text_starts_with(vendor, EC2_VENDOR);
}

static bool may_ask_instance(void)
{
    const char *disabled = aws_variable("AWS_EC2_METADATA_DISABLED");
    if (disabled && strcasecmp(disabled, "true") == 0)
        return false;
    return aws_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") || is_instance();
}

static bool profile_leads_on(const struct shared_files *files, const char *profile)
{
    static const char *const keys[] = {"aws_access_key_id", "role_arn", "web_identity_token_file",
                                       "credential_process"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (profile_get(files, profile, keys[i], NULL))
            return true;
    return false;
}

/* Reads both files and looks for the requested profile in them. */
static int find_profile(const char *profile, struct shared_files *files, struct error *error)
{
    int result = shared_files_read(files, error);
    if (result < 0 || !profile)
        return result < 0 ? result : profile_require_named(files, error);
    return profile_exists(files, profile) ? 0
                                          : error_set(error, -ENOENT, "no profile '%s' in %s and %s", profile,
                                                      files->shown[0], files->shown[1]);
}

int credentials_are_known(const char *profile, struct error *error)
{
    CLEANUP_SHARED_FILES struct shared_files files = {0};
    int result = find_profile(profile, &files, error);
    if (result < 0)
        return result;
    bool by_variable = aws_variable("AWS_ACCESS_KEY_ID") || aws_variable("AWS_WEB_IDENTITY_TOKEN_FILE") ||
                       aws_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
                       aws_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    const char *used = profile ? profile : profile_of_environment();
    if (profile_leads_on(&files, used) || (!profile && (by_variable || may_ask_instance())))
        return 1;
    return profile ? error_set(error, 0, "nothing in profile '%s'", profile)
                   : error_set(error, 0,
                               "neither in the environment, nor in profile '%s' of %s and %s, nor from a "
                               "container or an EC2 instance",
                               used, files.shown[0], files.shown[1]);
}

int region_is_known(const char *profile, char **ret_region, struct error *error)
{
    CLEANUP_SHARED_FILES struct shared_files files = {0};
    const char *region = region_of_environment();
    int result = region ? 0 : find_profile(profile, &files, error);
    if (result < 0)
        return result;
    if (!region)
        region = profile_region(&files, profile);
    *ret_region = NULL;
    if (!region)
        return may_ask_instance()
                   ? 1
                   : error_set(error, 0, "neither in the configuration, nor in AWS_REGION or a profile");
    *ret_region = strdup(region);
    return *ret_region ? 1 : error_set(error, -ENOMEM, "out of memory");
}
