/* AWS credentials as a value, and how a source makes it. */
#ifndef WARMD_AWS_CREDENTIALS_H
#define WARMD_AWS_CREDENTIALS_H

#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialised, it holds nothing. The holder owns the strings. */
struct aws_credentials {
    char *access_key_id;
    char *secret_access_key;
    char *session_token; /* NULL: they are long-lived */
    uint64_t expires_us; /* CLOCK_REALTIME; 0: never, as far as known */
    bool outlive; /* usable beyond expiry: the instance's, while its metadata service has no newer ones */
    char *source; /* for messages: "environment", "profile 'warm' of /etc/…/credentials", … */
};

/* Wipes and frees what it holds, not itself. */
void aws_credentials_free(struct aws_credentials *credentials);
#define CLEANUP_CREDENTIALS CLEANUP(aws_credentials_free)
/* A copy, for the caller. 0, or -ENOMEM. */
int aws_credentials_copy(const struct aws_credentials *credentials, struct aws_credentials *ret_copy,
                         struct error *error);

/* How long the asking may take, and what cancels it. */
struct credentials_patience {
    uint64_t until_us; /* CLOCK_MONOTONIC */
    int cancel_fd;     /* readable: give up; -1: none */
};

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

#endif
