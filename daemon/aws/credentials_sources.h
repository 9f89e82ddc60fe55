/* The places where we find credentials; credentials_kept.c keeps what they give.
 *
 * A source returns 1: found, RET_CREDENTIALS is filled; 0: not set up here, and ERROR says briefly what is
 * missing; negative: set up but failed, as ERROR says. All of them block, within PATIENCE. */
#ifndef WARMD_AWS_CREDENTIALS_SOURCES_H
#define WARMD_AWS_CREDENTIALS_SOURCES_H

#include "aws/credentials.h"
#include "aws/profile.h"

/* One pass along the chain of PROFILE, NULL as in credentials_get; credentials_search.c alone knows all
 * sources. Never 0. */
int credentials_search(const char *profile, const struct credentials_patience *patience,
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
    const char *token_file;   /* of a web identity; NULL: BY signs */
    const struct aws_credentials *by;
    const struct shared_files *files;
    /* It says where STS is asked, and in which region; else the role's partition does. */
    const char *first_profile;
    const char *profile; /* for messages; NULL: the environment's */
};
/* Never 0. -EACCES: refused. */
int credentials_from_role(const struct sts_role *role, const struct credentials_patience *patience,
                          struct aws_credentials *ret_credentials, struct error *error);

/* The instance's region by IMDSv2: 1 and a new string, 0, or negative, as above. */
int instance_region(const struct credentials_patience *patience, char **ret_region, struct error *error);

#endif
