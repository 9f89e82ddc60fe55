/* AWS credentials: found along the usual chain, kept until they expire, refreshed before that. */
#ifndef WARMD_AWS_CREDENTIALS_KEPT_H
#define WARMD_AWS_CREDENTIALS_KEPT_H

#include "aws/credentials.h"

/* The credentials of PROFILE. NULL is the environment's chain: environment variables, then the profile that
 * AWS_PROFILE names or "default", then the container's, then the instance's by IMDSv2; a named PROFILE is
 * looked up only in the files. Returns a copy of the kept ones if they have time left, else of new ones,
 * fetched once for all threads that ask at the same time. Blocks, so never call it between arming and
 * release.
 *
 * The instance's credentials are used beyond their expiry while the metadata service is down or has no newer
 * ones: AWS then accepts them for longer ("static stability"). Those that a server calls expired are not.
 *
 * 0: RET_CREDENTIALS is filled; ERROR's message is empty, or says why a refresh failed while these still
 * serve, or that they are past their expiry. -ENOENT: the chain has none; -EACCES: they were refused;
 * -EBADMSG: an answer or a file makes no sense; -EKEYEXPIRED: expired on arrival; -ETIMEDOUT, -ECANCELED,
 * -ENOMEM and others. ERROR then says what failed (file and line, URL), why and what to do, but never a
 * secret. Thread-safe. */
int credentials_get(const char *profile, const struct credentials_patience *patience,
                    struct aws_credentials *ret_credentials, struct error *error);

/* A server called USED expired: the next credentials_get fetches new ones, unless others have replaced them
 * already. */
void credentials_reject(const char *profile, const struct aws_credentials *used);

/* The region for PROFILE, as a new string for the caller: AWS_REGION, AWS_DEFAULT_REGION, the profile's, the
 * instance's by IMDSv2. -ENOENT and others as above. */
int credentials_region(const char *profile, const struct credentials_patience *patience, char **ret_region,
                       struct error *error);

/* Wipes what is kept. The files are read again (after a reload, say). */
void credentials_forget(void);

#endif
