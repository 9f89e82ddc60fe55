#include "aws/credentials.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/timestamp.h"

#include <errno.h>
#include <string.h>

enum { SHOWN_MAX = 40 };

void aws_credentials_free(struct aws_credentials *credentials)
{
    secret_free(credentials->access_key_id);
    secret_free(credentials->secret_access_key);
    secret_free(credentials->session_token);
    free(credentials->source);
    *credentials = (struct aws_credentials){0};
}

/* The values go into headers: no blanks, no controls, only ASCII. */
static bool is_clean(const char *text)
{
    for (; *text; text++)
        if (*text <= 0x20 || *text > 0x7e)
            return false;
    return true;
}

static int check_part(const char *name, const char *value, const char *source, struct error *error)
{
    if (!value || !*value)
        return error_set(error, -EBADMSG, "%s: no %s in it", source, name);
    if (!is_clean(value))
        return error_set(error, -EBADMSG, "%s: its %s has a character that isn't allowed in a header", source,
                         name);
    return 0;
}

static int read_expiration(const struct credentials_found *found, uint64_t *ret_us, struct error *error)
{
    if (!found->expiration || timestamp_parse(found->expiration, ret_us) == 0)
        return 0;
    CLEANUP_FREE char *shown = text_escape(found->expiration, SHOWN_MAX);
    return error_set(error, -EBADMSG, "%s: its Expiration '%s' is not a time such as 2026-01-31T08:00:00Z",
                     found->source, shown ? shown : "");
}

static char *copy_of(const char *text, bool *failed)
{
    char *copy = text ? strdup(text) : NULL;
    *failed = *failed || (text && !copy);
    return copy;
}

static int make(const struct credentials_found *found, uint64_t expires_us,
                struct aws_credentials *ret_credentials, struct error *error)
{
    bool failed = false;
    struct aws_credentials made = {.access_key_id = copy_of(found->access_key_id, &failed),
                                   .secret_access_key = copy_of(found->secret_access_key, &failed),
                                   .session_token = copy_of(found->session_token, &failed),
                                   .expires_us = expires_us,
                                   .source = copy_of(found->source, &failed)};
    if (failed) {
        aws_credentials_free(&made);
        return error_set(error, -ENOMEM, "out of memory");
    }
    *ret_credentials = made;
    return 1;
}

int aws_credentials_copy(const struct aws_credentials *credentials, struct aws_credentials *ret_copy,
                         struct error *error)
{
    struct credentials_found found = {.access_key_id = credentials->access_key_id,
                                      .secret_access_key = credentials->secret_access_key,
                                      .session_token = credentials->session_token,
                                      .source = credentials->source};
    int result = make(&found, credentials->expires_us, ret_copy, error);
    if (result > 0)
        ret_copy->outlive = credentials->outlive;
    return result < 0 ? result : 0;
}

int credentials_set(const struct credentials_found *found, struct aws_credentials *ret_credentials,
                    struct error *error)
{
    uint64_t expires_us = 0;
    int result = check_part("AccessKeyId", found->access_key_id, found->source, error);
    if (result == 0)
        result = check_part("SecretAccessKey", found->secret_access_key, found->source, error);
    if (result == 0 && found->session_token)
        result = check_part("session token", found->session_token, found->source, error);
    if (result == 0)
        result = read_expiration(found, &expires_us, error);
    return result < 0 ? result : make(found, expires_us, ret_credentials, error);
}

int credentials_from_json(const char *json, size_t length, const char *token_key, const char *source,
                          struct aws_credentials *ret_credentials, struct error *error)
{
    CLEANUP_SECRET char *id = json_pointer_text(json, length, "/AccessKeyId");
    CLEANUP_SECRET char *secret = json_pointer_text(json, length, "/SecretAccessKey");
    CLEANUP_SECRET char *token = json_pointer_text(json, length, token_key);
    CLEANUP_FREE char *expiration = json_pointer_text(json, length, "/Expiration");
    if (!id && !secret)
        return error_set(error, -EBADMSG,
                         "%s: the answer is not a JSON object with AccessKeyId and SecretAccessKey", source);
    struct credentials_found found = {.access_key_id = id,
                                      .secret_access_key = secret,
                                      .session_token = token,
                                      .expiration = expiration,
                                      .source = source};
    return credentials_set(&found, ret_credentials, error);
}

int credentials_check_expiry(const struct aws_credentials *credentials, struct error *error)
{
    char text[TIMESTAMP_TEXT_MAX];
    if (credentials->outlive || credentials->expires_us == 0 || credentials->expires_us > clock_real_us())
        return 0;
    return error_set(error, -EKEYEXPIRED,
                     "%s: the credentials that it returned expired at %s; is the clock right?",
                     credentials->source, timestamp_format(credentials->expires_us, text));
}
