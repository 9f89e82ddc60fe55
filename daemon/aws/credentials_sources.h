/* The places where we find credentials; credentials.c keeps what they give.
 *
 * A source returns 1: found, RET_CREDENTIALS is filled; 0: not set up here, and ERROR says briefly what is
 * missing; negative: set up but failed, as ERROR says. All of them block, within PATIENCE. */
#ifndef WARMD_AWS_CREDENTIALS_SOURCES_H
#define WARMD_AWS_CREDENTIALS_SOURCES_H

#include "aws/credentials.h"
#include "aws/profile.h"
#include "net/fetch.h"

/* What a source has read; strings are not kept. */
struct credentials_found {
    const char *access_key_id, *secret_access_key;
    const char *session_token; /* NULL: none */
    const char *expiration;    /* RFC 3339; NULL: never */
    const char *source;
};

/* Fills RET_CREDENTIALS: 1, or -EBADMSG (one is missing, has a character not allowed in a header, or the
 * expiration is not a time), -ENOMEM. */
int credentials_set(const struct credentials_found *found, struct aws_credentials *ret_credentials,
                    struct error *error);
/* The same from a JSON document with AccessKeyId, SecretAccessKey, TOKEN_KEY and Expiration. */
int credentials_from_json(const char *json, size_t length, const char *token_key, const char *source,
                          struct aws_credentials *ret_credentials, struct error *error);
/* -EKEYEXPIRED where CREDENTIALS have expired already, else 0. */
int credentials_check_expiry(const struct aws_credentials *credentials, struct error *error);

/* Profile: NULL as in credentials_get. One pass along the chain; never 0. */
int credentials_search(const char *profile, const struct credentials_patience *patience,
                       struct aws_credentials *ret_credentials, struct error *error);

int credentials_from_environment(struct aws_credentials *ret_credentials, struct error *error);
/* With ENVIRONMENT, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME count, too, and go
 * before the profile's own. */
int credentials_from_profile(const struct shared_files *files, const char *profile, bool environment,
                             const struct credentials_patience *patience,
                             struct aws_credentials *ret_credentials, struct error *error);
int credentials_from_container(const struct credentials_patience *patience,
                               struct aws_credentials *ret_credentials, struct error *error);
int credentials_from_instance(const struct credentials_patience *patience,
                              struct aws_credentials *ret_credentials, struct error *error);
/* Runs COMMAND, a credential_process of PROFILE. Never 0. */
int credentials_from_process(const char *command, const char *profile,
                             const struct credentials_patience *patience,
                             struct aws_credentials *ret_credentials, struct error *error);

/* A role to assume through STS, "AWS Security Token Service API Reference", AssumeRole and
 * AssumeRoleWithWebIdentity. */
struct sts_role {
    const char *arn;
    const char *session_name; /* NULL: lambda-warmd */
    const char *external_id;  /* NULL: none */
    const char *duration_s;   /* digits; NULL: STS's own, an hour */
    const char *region;       /* NULL: one of the role's partition */
    const char *token_file;   /* of a web identity; NULL: BY signs */
    const struct aws_credentials *by;
    const struct shared_files *files;
    const char *first_profile; /* it says where STS is asked */
    const char *profile;       /* for messages; NULL: the environment's */
};
/* Never 0. -EACCES: refused. */
int credentials_from_role(const struct sts_role *role, const struct credentials_patience *patience,
                          struct aws_credentials *ret_credentials, struct error *error);

/* The instance's region by IMDSv2: 1 and a new string, 0, or negative, as above. */
int instance_region(const struct credentials_patience *patience, char **ret_region, struct error *error);

/* A variable of the environment; NULL: unset or empty. */
const char *aws_variable(const char *name);

/* The service's message in a failed answer, escaped and cut, after the status: "403 (AccessDenied: …)". A new
 * string. CODE and MESSAGE may be NULL. */
char *answer_words(int status, const char *code, const char *message);

#endif
