/* What a profile of the shared files leads to. */
#include "aws/credentials_sources.h"

#include "aws/secret.h"

#include <errno.h>
#include <string.h>

enum { DEPTH_MAX = 8 }; /* of source_profile behind source_profile; a circle ends here too */

struct look {
    const struct shared_files *files;
    const struct credentials_patience *patience;
    unsigned depth;
};

static int look_up(const struct look *look, const char *profile, struct aws_credentials *ret_credentials,
                   struct error *error);

static const char *value(const struct look *look, const char *profile, const char *key)
{
    return profile_value(look->files, profile, key);
}

/* Where KEY stands, or the profile where it doesn't: "/etc/…/credentials:12". */
static char *place(const struct look *look, const char *profile, const char *key)
{
    const struct ini *ini = NULL;
    const struct ini_entry *entry = profile_get(look->files, profile, key, &ini);
    char *text = NULL;
    int made =
        entry ? asprintf(&text, "%s:%u", ini->path, entry->line) : asprintf(&text, "profile '%s'", profile);
    return made < 0 ? NULL : text;
}

static int mistake(const struct look *look, const char *profile, const char *key, int code, const char *what,
                   struct error *error)
{
    CLEANUP_FREE char *where = place(look, profile, key);
    return error_set(error, code, "%s: profile '%s' %s", where ? where : key, profile, what);
}

static int use_static(const struct look *look, const char *profile, struct aws_credentials *ret_credentials,
                      struct error *error)
{
    const struct ini *ini = NULL;
    const char *id = value(look, profile, "aws_access_key_id");
    const char *secret = value(look, profile, "aws_secret_access_key");
    if (!id || !secret)
        return mistake(look, profile, id ? "aws_access_key_id" : "aws_secret_access_key", -EBADMSG,
                       id ? "has aws_access_key_id, but no aws_secret_access_key"
                          : "has aws_secret_access_key, but no aws_access_key_id",
                       error);
    CLEANUP_FREE char *source = NULL;
    const struct ini_entry *entry = profile_get(look->files, profile, "aws_access_key_id", &ini);
    if (asprintf(&source, "profile '%s' of %s:%u", profile, ini->path, entry->line) < 0) {
        source = NULL;
        return error_set(error, -ENOMEM, "out of memory");
    }
    struct credentials_found found = {.access_key_id = id,
                                      .secret_access_key = secret,
                                      .session_token = value(look, profile, "aws_session_token"),
                                      .source = source};
    return credentials_set(&found, ret_credentials, error);
}

static bool has_static(const struct look *look, const char *profile)
{
    return value(look, profile, "aws_access_key_id") || value(look, profile, "aws_secret_access_key");
}

static int use_named_source(const struct look *look, const char *profile, const char *name,
                            struct aws_credentials *ret_credentials, struct error *error)
{
    int result;
    if (strcmp(name, "Environment") == 0)
        result = credentials_from_environment(ret_credentials, error);
    else if (strcmp(name, "EcsContainer") == 0)
        result = credentials_from_container(look->patience, ret_credentials, error);
    else if (strcmp(name, "Ec2InstanceMetadata") == 0)
        result = credentials_from_instance(look->patience, ret_credentials, error);
    else
        return mistake(look, profile, "credential_source", -EINVAL,
                       "has a credential_source other than Environment, Ec2InstanceMetadata or EcsContainer",
                       error);
    if (result != 0)
        return result;
    struct error why = *error;
    return error_set(error, -ENOENT, "credential_source %s of profile '%s' has none: %.300s", name, profile,
                     why.message);
}

/* A source_profile may be the profile itself, for its keys. */
static int use_source_profile(const struct look *look, const char *profile, const char *name,
                              struct aws_credentials *ret_credentials, struct error *error)
{
    struct look deeper = *look;
    if (++deeper.depth > DEPTH_MAX)
        return mistake(look, profile, "source_profile", -ELOOP,
                       "has a source_profile that leads in a circle, or through too many roles", error);
    if (!profile_exists(look->files, name))
        return mistake(look, profile, "source_profile", -ENOENT, "has a source_profile that doesn't exist",
                       error);
    int result = strcmp(name, profile) == 0 && has_static(look, name)
                     ? use_static(look, name, ret_credentials, error)
                     : look_up(&deeper, name, ret_credentials, error);
    return result != 0 ? result
                       : mistake(look, profile, "source_profile", -ENOENT,
                                 "has a source_profile without credentials", error);
}

static int use_role(const struct look *look, const char *profile, struct aws_credentials *ret_credentials,
                    struct error *error)
{
    CLEANUP_CREDENTIALS struct aws_credentials by = {0};
    const char *source_profile = value(look, profile, "source_profile");
    const char *named = value(look, profile, "credential_source");
    const char *region = aws_variable("AWS_REGION");
    if (!region)
        region = aws_variable("AWS_DEFAULT_REGION");
    struct sts_role role = {.arn = value(look, profile, "role_arn"),
                            .session_name = value(look, profile, "role_session_name"),
                            .external_id = value(look, profile, "external_id"),
                            .duration_s = value(look, profile, "duration_seconds"),
                            .region = region ? region : value(look, profile, "region"),
                            .token_file = value(look, profile, "web_identity_token_file"),
                            .by = &by,
                            .profile = profile};
    int result = 1;
    if (value(look, profile, "mfa_serial"))
        return mistake(
            look, profile, "mfa_serial", -ENOTSUP,
            "wants a code of an MFA device (mfa_serial), which a daemon can't ask for; have a program "
            "give the credentials: credential_process = …",
            error);
    if (role.duration_s && role.duration_s[strspn(role.duration_s, "0123456789")] != '\0')
        return mistake(look, profile, "duration_seconds", -EINVAL, "has a duration_seconds that is no number",
                       error);
    if (role.token_file)
        result = 1;
    else if (source_profile && named)
        return mistake(look, profile, "credential_source", -EINVAL,
                       "has both source_profile and credential_source: one of them", error);
    else if (source_profile)
        result = use_source_profile(look, profile, source_profile, &by, error);
    else if (named)
        result = use_named_source(look, profile, named, &by, error);
    else
        return mistake(
            look, profile, "role_arn", -EINVAL,
            "has role_arn, but neither source_profile, credential_source nor web_identity_token_file", error);
    return result < 0 ? result : credentials_from_role(&role, look->patience, ret_credentials, error);
}

/* The SSO of a browser. */
static const char *unsupported_key(const struct look *look, const char *profile)
{
    static const char *const keys[] = {"sso_session", "sso_start_url", "sso_account_id", "login_session"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (value(look, profile, keys[i]))
            return keys[i];
    return NULL;
}

static int look_up(const struct look *look, const char *profile, struct aws_credentials *ret_credentials,
                   struct error *error)
{
    const char *process = value(look, profile, "credential_process");
    const char *unsupported = unsupported_key(look, profile);
    if (value(look, profile, "role_arn"))
        return use_role(look, profile, ret_credentials, error);
    if (has_static(look, profile))
        return use_static(look, profile, ret_credentials, error);
    if (process)
        return credentials_from_process(process, profile, look->patience, ret_credentials, error);
    if (!unsupported)
        return 0;
    CLEANUP_FREE char *what = NULL;
    if (asprintf(&what,
                 "uses %s, which is not supported; instead: credential_process = aws configure "
                 "export-credentials --profile %s",
                 unsupported, profile) < 0)
        what = NULL;
    return mistake(look, profile, unsupported, -ENOTSUP, what ? what : unsupported, error);
}

int credentials_from_profile(const struct shared_files *files, const char *profile,
                             const struct credentials_patience *patience,
                             struct aws_credentials *ret_credentials, struct error *error)
{
    struct look look = {.files = files, .patience = patience};
    int result = look_up(&look, profile, ret_credentials, error);
    if (result != 0)
        return result;
    return error_set(error, 0, "no %s '%s' in %s and %s",
                     profile_exists(files, profile) ? "credentials for profile" : "profile", profile,
                     files->paths[0] ? files->paths[0] : "(no $HOME)",
                     files->paths[1] ? files->paths[1] : "(no $HOME)");
}
