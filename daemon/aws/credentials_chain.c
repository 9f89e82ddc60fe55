/* The order in which the sources are asked. */
#include "aws/credentials_sources.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

int credentials_from_environment(struct aws_credentials *ret_credentials, struct error *error)
{
    struct credentials_found found = {
        .access_key_id = aws_variable("AWS_ACCESS_KEY_ID"),
        .secret_access_key = aws_variable("AWS_SECRET_ACCESS_KEY"),
        .session_token = aws_variable("AWS_SESSION_TOKEN"),
        .source = "the environment",
    };
    if (!found.access_key_id && !found.secret_access_key)
        return error_set(error, 0, "no AWS_ACCESS_KEY_ID");
    if (!found.access_key_id || !found.secret_access_key)
        return error_set(error, -EBADMSG, "%s is set, but %s is not",
                         found.access_key_id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                         found.access_key_id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    return credentials_set(&found, ret_credentials, error);
}

static const char *region_of(const struct shared_files *files, const char *profile)
{
    const char *region = aws_variable("AWS_REGION");
    if (!region)
        region = aws_variable("AWS_DEFAULT_REGION");
    return region ? region : profile_value(files, profile, "region");
}

int credentials_from_web_identity(const struct shared_files *files,
                                  const struct credentials_patience *patience,
                                  struct aws_credentials *ret_credentials, struct error *error)
{
    struct sts_role role = {
        .arn = aws_variable("AWS_ROLE_ARN"),
        .session_name = aws_variable("AWS_ROLE_SESSION_NAME"),
        .region = region_of(files, profile_of_environment()),
        .token_file = aws_variable("AWS_WEB_IDENTITY_TOKEN_FILE"),
    };
    if (!role.token_file)
        return error_set(error, 0, "no AWS_WEB_IDENTITY_TOKEN_FILE");
    if (!role.arn)
        return error_set(error, -EINVAL, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
    return credentials_from_role(&role, patience, ret_credentials, error);
}

/* Asks them one after the other; TRIED collects why the first ones have nothing. */
struct search {
    const struct credentials_patience *patience;
    struct shared_files files;
    struct aws_credentials *found;
    struct text tried;
};

static void search_free(struct search *search)
{
    shared_files_free(&search->files);
    text_free(&search->tried);
}

static int note(struct search *search, int result, const struct error *why)
{
    if (result == 0)
        text_format(&search->tried, "%s%.160s", search->tried.length ? "; " : "", why->message);
    return result;
}

static int search_files(struct search *search, const char *profile, struct error *error)
{
    int result = credentials_from_profile(&search->files, profile, search->patience, search->found, error);
    if (result == 0 && aws_variable("AWS_PROFILE")) {
        struct error why = *error;
        return error_set(error, -ENOENT, "AWS_PROFILE is set, but: %.400s", why.message);
    }
    return result;
}

/* The files are read first, for junk in them and for the region. */
static int search_chain(struct search *search, struct error *error)
{
    int result = note(search, credentials_from_environment(search->found, error), error);
    if (result == 0)
        result = shared_files_read(&search->files, error);
    if (result == 0)
        result = note(search,
                      credentials_from_web_identity(&search->files, search->patience, search->found, error),
                      error);
    if (result == 0)
        result = note(search, search_files(search, profile_of_environment(), error), error);
    if (result == 0)
        result = note(search, credentials_from_container(search->patience, search->found, error), error);
    if (result == 0)
        result = note(search, credentials_from_instance(search->patience, search->found, error), error);
    if (result != 0)
        return result;
    return error_set(error, -ENOENT,
                     "no AWS credentials (%s); under systemd give a file: LoadCredential=aws:FILE",
                     search->tried.failed || !search->tried.data ? "" : search->tried.data);
}

static int search_profile(struct search *search, const char *profile, struct error *error)
{
    int result = shared_files_read(&search->files, error);
    if (result == 0)
        result = credentials_from_profile(&search->files, profile, search->patience, search->found, error);
    if (result != 0)
        return result;
    struct error why = *error;
    return error_set(error, -ENOENT, "%.400s; under systemd give a file: LoadCredential=aws:FILE",
                     why.message);
}

int credentials_search(const char *profile, const struct credentials_patience *patience,
                       struct aws_credentials *ret_credentials, struct error *error)
{
    CLEANUP_CREDENTIALS struct aws_credentials found = {0};
    CLEANUP(search_free) struct search search = {.patience = patience, .found = &found};
    int result = profile ? search_profile(&search, profile, error) : search_chain(&search, error);
    if (result < 0)
        return result;
    result = credentials_check_expiry(&found, error);
    if (result < 0)
        return result;
    *ret_credentials = found;
    found = (struct aws_credentials){0};
    return 1;
}
