/* The order in which we ask the sources. */
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

int credentials_from_environment(struct aws_credentials *ret_credentials, struct error *error)
{
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

/* Asks the sources one after the other; TRIED collects why the earlier ones have nothing. */
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

/* The environment's keys need the files only if it names a profile. */
static int search_environment(struct search *search, struct error *error)
{
    int result = 0;
    bool is_named = profile_named_by_environment(NULL) != NULL;
    if (is_named)
        result = shared_files_read(&search->files, error);
    if (result == 0)
        result = profile_require_named(&search->files, error);
    if (result == 0)
        result = note(search, credentials_from_environment(search->found, error), error);
    return result == 0 && !is_named ? shared_files_read(&search->files, error) : result;
}

static int search_files(struct search *search, struct error *error)
{
    int result = credentials_from_profile(&search->files, profile_of_environment(), true, search->patience,
                                          search->found, error);
    if (result == 0)
        text_add(&search->tried, "; no AWS_WEB_IDENTITY_TOKEN_FILE");
    return result;
}

static int search_chain(struct search *search, struct error *error)
{
    int result = search_environment(search, error);
    if (result == 0)
        result = note(search, search_files(search, error), error);
    if (result == 0)
        result = note(search, credentials_from_container(search->patience, search->found, error), error);
    if (result == 0)
        result = note(search, credentials_from_instance(search->patience, search->found, error), error);
    if (result != 0)
        return result;
    return error_set(error, -ENOENT,
                     "no AWS credentials (%s); under systemd, provide a file with LoadCredential=aws:FILE",
                     search->tried.failed || !search->tried.data ? "" : search->tried.data);
}

static int search_profile(struct search *search, const char *profile, struct error *error)
{
    int result = shared_files_read(&search->files, error);
    if (result == 0)
        result =
            credentials_from_profile(&search->files, profile, false, search->patience, search->found, error);
    if (result != 0)
        return result;
    struct error why = *error;
    return error_set(error, -ENOENT, "%.400s; under systemd, provide a file with LoadCredential=aws:FILE",
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
