/* AWS Signature Version 4, in headers. Pure: the time comes in. Source of the algorithm: AWS's reference,
 * "Create a signed AWS API request"; its published vectors are in tests/unit/sigv4_vectors. */
#ifndef WARMD_AWS_SIGV4_H
#define WARMD_AWS_SIGV4_H

#include "aws/credentials.h"
#include "base/text.h"

#include <stddef.h>

/* A request as it will be sent, byte for byte. */
struct sigv4_message {
    const char *method;
    const char *path;           /* as sent, with its percent-encoding; "" is "/" */
    const char *query;          /* as sent, without the "?"; NULL: none */
    const char *const *headers; /* "Name: value"; must include Host, but not what signing adds */
    size_t n_headers;
    const char *body; /* NULL where body_length is 0 */
    size_t body_length;
    bool keep_path; /* don't remove dot segments and double slashes before signing (S3's way) */
};

struct sigv4_scope {
    const char *region;
    const char *service;
    uint64_t now_us; /* CLOCK_REALTIME of the server, as far as known */
};

enum { SIGV4_HEADERS_MAX = 3 };

/* What must also be sent: X-Amz-Date, X-Amz-Security-Token if there is one, Authorization. */
struct sigv4_signature {
    char *headers[SIGV4_HEADERS_MAX]; /* "Name: value", owned by the holder */
    size_t n_headers;
};

/* Headers that proxies and libraries add or change in transit are not signed: Connection, User-Agent,
 * X-Amzn-Trace-Id and the like. 0, -EINVAL (no Host), -ENOMEM. */
int sigv4_sign(const struct sigv4_message *message, const struct aws_credentials *credentials,
               const struct sigv4_scope *scope, struct sigv4_signature *ret_signature);
void sigv4_signature_free(struct sigv4_signature *signature); /* wipes */

/* The two texts that are signed. OUT, which must be empty, gets the canonical request of MESSAGE with the
 * headers of SIGNATURE (all but Authorization), the session token's among them; LIST the names of the headers
 * in it. The string to sign is a new string for the caller. 0, -EINVAL, -ENOMEM. */
int sigv4_canonical_request(const struct sigv4_message *message, const struct sigv4_signature *signature,
                            struct text *out, struct text *list);
int sigv4_string_to_sign(const char *canonical_request, const struct sigv4_scope *scope, char **ret_text);

#endif
