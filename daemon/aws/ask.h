/* Asking AWS's services for credentials. */
#ifndef WARMD_AWS_ASK_H
#define WARMD_AWS_ASK_H

#include "aws/credentials.h"
#include "net/fetch.h"

/* Sends REQUEST, within PATIENCE and for at most MOST_US; fetch's results. RET_ANSWER may hold an earlier
 * one. */
int ask(struct fetch_request request, uint64_t most_us, const struct credentials_patience *patience,
        struct fetch_answer *ret_answer, struct error *error);
/* The same up to TRIES times, without a pause between them: for metadata services on this machine or its
 * network. */
int ask_nearby(struct fetch_request request, unsigned tries, uint64_t most_us,
               const struct credentials_patience *patience, struct fetch_answer *ret_answer,
               struct error *error);

/* The service's message in a failed answer, escaped and cut, after the status: "HTTP 403 (AccessDenied: …)".
 * A new string. CODE and MESSAGE, which may be NULL, lose SECRETS (NULL ones are ignored). */
char *ask_failure(int status, char *code, char *message, const char *const *secrets, size_t n_secrets);

#endif
