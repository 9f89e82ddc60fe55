/* Where credentials are looked for, in botocore's order: the chain, and for a profile of the shared files
 * credentials.py's AssumeRoleProvider, and then the providers of ProfileProviderBuilder. */
#include "aws/credentials_sources.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

/* The token's names, in botocore's order. */
static const char *token_of_environment(void)
{
    const char *token = aws_variable("AWS_SECURITY_TOKEN");
    return token ? token : aws_variable("AWS_SESSION_TOKEN");
}

/* A source, as credentials_sources.h says. */
static int from_environment(const struct credentials_patience *patience,
                            struct aws_credentials *ret_credentials, struct error *error)
{
    (void)patience;
    struct credentials_found found = {
        .access_key_id = aws_variable("AWS_ACCESS_KEY_ID"),
        .secret_access_key = aws_variable("AWS_SECRET_ACCESS_KEY"),
        .session_token = token_of_environment(),
        .expiration = aws_variable("AWS_CREDENTIAL_EXPIRATION"),
        .source = "the environment",
    };
    if (!found.access_key_id)
        return error_set(error, 0, "no AWS_ACCESS_KEY_ID");
    if (!found.secret_access_key)
        return error_set(error, -EBADMSG, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
    return credentials_set(&found, ret_credentials, error);
}

/* A profile being examined, on behalf of the one before it. Those who take it return as sources do. */
struct look {
    const struct shared_files *files;
    const struct credentials_patience *patience;
    struct aws_credentials *found; /* where they go */
    struct error *error;
    const char *profile;
    const char *first;        /* the one asked for; it says where STS is asked */
    bool environment;         /* web identity variables count, too, and go before the profile's own */
    const struct look *outer; /* whose source_profile this is; NULL: it is the first */
};

static int follow(const struct look *look);

static const char *value(const struct look *look, const char *key)
{
    return profile_value(look->files, look->profile, key);
}

/* Where KEY is, or the profile if it lacks the key: "/etc/…/credentials:12". */
static char *place(const struct look *look, const char *key)
{
    const struct ini *ini = NULL;
    const struct ini_entry *entry = profile_get(look->files, look->profile, key, &ini);
    char *text = NULL;
    int made = entry ? asprintf(&text, "%s:%u", ini->path, entry->line)
                     : asprintf(&text, "profile '%s'", look->profile);
    return made < 0 ? NULL : text;
}

static int mistake(const struct look *look, const char *key, int code, const char *what)
{
    CLEANUP_FREE char *where = place(look, key);
    return error_set(look->error, code, "%s: profile '%s' %s", where ? where : key, look->profile, what);
}

/* What other SDKs treat as a comment is part of the value to botocore, and to us. */
static bool has_comment(const struct ini_entry *entry)
{
    return strstr(entry->value, " #") || strstr(entry->value, " ;");
}

/* Uses the keys in INI, one of the two files: keys in one file are a set. 0: it has no aws_access_key_id. */
static int use_static(const struct look *look, const struct ini *ini)
{
    static const char *const tokens[] = {"aws_security_token", "aws_session_token"};
    const struct ini_entry *id = ini_get(ini, look->profile, "aws_access_key_id");
    const struct ini_entry *secret = ini_get(ini, look->profile, "aws_secret_access_key"), *token = NULL;
    if (!id)
        return 0;
    if (!secret)
        return mistake(look, "aws_access_key_id", -EBADMSG,
                       "has aws_access_key_id, but no aws_secret_access_key");
    for (size_t i = 0; !token && i < COUNT_OF(tokens); i++)
        token = ini_get(ini, look->profile, tokens[i]);
    CLEANUP_FREE char *source = NULL;
    if (asprintf(&source, "profile '%s' of %s:%u", look->profile, ini->path, id->line) < 0) {
        source = NULL;
        return error_set(look->error, -ENOMEM, "out of memory");
    }
    struct credentials_found found = {.access_key_id = id->value,
                                      .secret_access_key = secret->value,
                                      .session_token = token && *token->value ? token->value : NULL,
                                      .source = source};
    int result = credentials_set(&found, look->found, look->error);
    if (result != -EBADMSG || !(has_comment(id) || has_comment(secret)))
        return result;
    struct error why = *look->error;
    return error_set(look->error, result, "%.400s; put the comment on its own line", why.message);
}

static bool has_static(const struct look *look)
{
    return profile_get(look->files, look->profile, "aws_access_key_id", NULL) ||
           profile_get(look->files, look->profile, "aws_secret_access_key", NULL);
}

/* Is it a role assumed with other credentials? */
static bool is_role(const struct look *look)
{
    return profile_get(look->files, look->profile, "role_arn", NULL) &&
           !profile_get(look->files, look->profile, "web_identity_token_file", NULL);
}

static int use_named_source(const struct look *look, const char *name)
{
    static const struct {
        const char *name;
        int (*find)(const struct credentials_patience *, struct aws_credentials *, struct error *);
    } sources[] = {{"Environment", from_environment},
                   {"EcsContainer", credentials_from_container},
                   {"Ec2InstanceMetadata", credentials_from_instance}};
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        if (strcmp(name, sources[i].name) != 0)
            continue;
        int result = sources[i].find(look->patience, look->found, look->error);
        if (result != 0)
            return result;
        struct error why = *look->error;
        return error_set(look->error, -ENOENT,
                         "credential_source %s of profile '%s' gave no credentials: %.300s", name,
                         look->profile, why.message);
    }
    return mistake(look, "credential_source", -EINVAL,
                   "has a credential_source other than Environment, Ec2InstanceMetadata or EcsContainer");
}

static bool was_visited(const struct look *look, const char *profile)
{
    for (; look; look = look->outer)
        if (strcmp(look->profile, profile) == 0)
            return true;
    return false;
}

/* A profile may name itself, for its keys. If a source has both keys and a role, the keys go first. */
static int use_source_profile(const struct look *look, const char *name)
{
    struct look source = *look;
    source.profile = name;
    source.environment = false;
    source.outer = look;
    bool is_itself = strcmp(name, look->profile) == 0;
    if (!profile_exists(look->files, name))
        return mistake(look, "source_profile", -ENOENT, "has a source_profile that doesn't exist");
    if (was_visited(look, name) && !(is_itself && has_static(look)))
        return mistake(look, "source_profile", -ELOOP, "has a source_profile that leads back to itself");
    int result = follow(&source);
    return result != 0 ? result
                       : mistake(look, "source_profile", -ENOENT, "has a source_profile without credentials");
}

static int find_source(const struct look *look)
{
    const char *source_profile = value(look, "source_profile"), *named = value(look, "credential_source");
    if (source_profile && named)
        return mistake(look, "credential_source", -EINVAL,
                       "has both source_profile and credential_source: keep only one");
    if (source_profile)
        return use_source_profile(look, source_profile);
    if (named)
        return use_named_source(look, named);
    return mistake(look, "role_arn", -EINVAL,
                   "has role_arn, but neither source_profile, credential_source nor web_identity_token_file");
}

static int use_role(const struct look *look)
{
    CLEANUP_CREDENTIALS struct aws_credentials by = {0};
    const char *arn = value(look, "role_arn");
    struct sts_role role = {.arn = arn ? arn : "",
                            .session_name = value(look, "role_session_name"),
                            .external_id = value(look, "external_id"),
                            .duration_s = value(look, "duration_seconds"),
                            .files = look->files,
                            .by = &by,
                            .first_profile = look->first,
                            .profile = look->profile};
    if (value(look, "mfa_serial"))
        return mistake(look, "mfa_serial", -ENOTSUP,
                       "needs a code from an MFA device (mfa_serial), which a daemon can't ask for; use "
                       "credential_process = … instead");
    if (role.duration_s && role.duration_s[strspn(role.duration_s, "0123456789")] != '\0')
        return mistake(look, "duration_seconds", -EINVAL, "has a duration_seconds that is not a number");
    struct look source = *look;
    source.found = &by;
    int result = find_source(&source);
    return result < 0 ? result : credentials_from_role(&role, look->patience, look->found, look->error);
}

/* VARIABLE, if variables count, else the profile's KEY. */
static const char *identity_value(const struct look *look, const char *variable, const char *key)
{
    const char *of_variable = look->environment ? aws_variable(variable) : NULL;
    return of_variable ? of_variable : value(look, key);
}

static int use_web_identity(const struct look *look)
{
    bool by_variable = look->environment && aws_variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    struct sts_role role = {
        .arn = identity_value(look, "AWS_ROLE_ARN", "role_arn"),
        .session_name = identity_value(look, "AWS_ROLE_SESSION_NAME", "role_session_name"),
        .files = look->files,
        .token_file = identity_value(look, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file"),
        .first_profile = look->first,
        .profile = by_variable ? NULL : look->profile,
    };
    if (!role.token_file)
        return 0;
    if (!role.arn && by_variable)
        return error_set(look->error, -EINVAL, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
    if (!role.arn)
        return mistake(look, "web_identity_token_file", -EINVAL,
                       "has web_identity_token_file, but no role_arn");
    return credentials_from_role(&role, look->patience, look->found, look->error);
}

/* Refuses a profile with one of KEYS: it signs in through a browser. 0: it has none. */
static int refuse_sign_in(const struct look *look, const char *const keys[2])
{
    CLEANUP_FREE char *what = NULL;
    const char *key = NULL;
    for (size_t i = 0; !key && i < 2 && keys[i]; i++)
        if (profile_get(look->files, look->profile, keys[i], NULL))
            key = keys[i];
    if (!key)
        return 0;
    if (asprintf(&what,
                 "uses %s, which is not supported; instead: credential_process = aws configure "
                 "export-credentials --profile %s",
                 key, look->profile) < 0)
        what = NULL;
    return mistake(look, key, -ENOTSUP, what ? what : key);
}

static int use_process(const struct look *look)
{
    const char *process = value(look, "credential_process");
    return process
               ? credentials_from_process(process, look->profile, look->patience, look->found, look->error)
               : 0;
}

/* Uses what a profile has, except a role assumed with other credentials, in botocore's order. */
static int use_own(const struct look *look)
{
    static const char *const sso[2] = {"sso_account_id", "sso_role_name"},
                             *const login[2] = {"login_session"},
                             *const half_sso[2] = {"sso_session", "sso_start_url"};
    int result = use_web_identity(look);
    if (result == 0)
        result = refuse_sign_in(look, sso);
    if (result == 0)
        result = use_static(look, &look->files->credentials);
    if (result == 0)
        result = refuse_sign_in(look, login);
    if (result == 0)
        result = use_process(look);
    if (result == 0)
        result = use_static(look, &look->files->config);
    return result == 0 ? refuse_sign_in(look, half_sso) : result;
}

static int follow(const struct look *look)
{
    bool keys_first = look->outer && has_static(look);
    return is_role(look) && !keys_first ? use_role(look) : use_own(look);
}

static int from_profile(struct look *look, const char *profile)
{
    const struct shared_files *files = look->files;
    look->profile = look->first = profile;
    int result = follow(look);
    if (result != 0)
        return result;
    return error_set(look->error, 0, "no %s '%s' in %s and %s",
                     profile_exists(files, profile) ? "credentials for profile" : "profile", profile,
                     files->shown[0], files->shown[1]);
}

/* Adds why a source has nothing, if that is its RESULT. */
static int note(struct text *tried, int result, const struct error *why)
{
    if (result == 0)
        text_format(tried, "%s%.160s", tried->length ? "; " : "", why->message);
    return result;
}

static int search_chain(struct look *look, struct shared_files *files)
{
    CLEANUP_TEXT struct text tried = {0};
    struct error *error = look->error;
    /* The environment's keys need the files only if it names a profile. */
    bool is_named = profile_named_by_environment(NULL) != NULL;
    int result = is_named ? shared_files_read(files, error) : 0;
    if (result == 0)
        result = profile_require_named(files, error);
    if (result == 0)
        result = note(&tried, from_environment(look->patience, look->found, error), error);
    if (result == 0 && !is_named)
        result = shared_files_read(files, error);
    text_add(&tried, "; no AWS_WEB_IDENTITY_TOKEN_FILE");
    look->environment = true;
    if (result == 0)
        result = note(&tried, from_profile(look, profile_of_environment()), error);
    if (result == 0)
        result = note(&tried, credentials_from_container(look->patience, look->found, error), error);
    if (result == 0)
        result = note(&tried, credentials_from_instance(look->patience, look->found, error), error);
    if (result != 0)
        return result;
    return error_set(error, -ENOENT,
                     "no AWS credentials (%s); under systemd, provide a file with LoadCredential=aws:FILE",
                     tried.failed || !tried.data ? "" : tried.data);
}

static int search_profile(struct look *look, struct shared_files *files, const char *profile)
{
    int result = shared_files_read(files, look->error);
    if (result == 0)
        result = from_profile(look, profile);
    if (result != 0)
        return result;
    struct error why = *look->error;
    return error_set(look->error, -ENOENT,
                     "%.400s; under systemd, provide a file with LoadCredential=aws:FILE", why.message);
}

int credentials_search(const char *profile, const struct credentials_patience *patience,
                       struct aws_credentials *ret_credentials, struct error *error)
{
    CLEANUP_CREDENTIALS struct aws_credentials found = {0};
    CLEANUP_SHARED_FILES struct shared_files files = {0};
    struct look look = {.files = &files, .patience = patience, .found = &found, .error = error};
    int result = profile ? search_profile(&look, &files, profile) : search_chain(&look, &files);
    if (result > 0)
        result = credentials_check_expiry(&found, error);
    if (result < 0)
        return result;
    *ret_credentials = found;
    found = (struct aws_credentials){0};
    return 1;
}
