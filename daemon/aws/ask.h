/* Asking AWS's services for credentials: once, or again as the SDKs do ("Retry behavior" of the AWS SDKs and
 * Tools Reference Guide). */
#ifndef WARMD_AWS_ASK_H
#define WARMD_AWS_ASK_H

#include "aws/credentials.h"
#include "net/fetch.h"

enum { ASK_TRIES = 3 }; /* of STS, in all, the first included */

/* Sends REQUEST, within PATIENCE and for at most MOST_US; fetch's results. RET_ANSWER may hold an earlier
 * one. */
int ask(struct fetch_request request, uint64_t most_us, const struct credentials_patience *patience,
        struct fetch_answer *ret_answer, struct error *error);
/* The same up to TRIES times, without a pause between them: for metadata services on this machine or its
 * network. */
int ask_nearby(struct fetch_request request, unsigned tries, uint64_t most_us,
               const struct credentials_patience *patience, struct fetch_answer *ret_answer,
               struct error *error);

/* Might the failure of a try pass by itself? It is ask's RESULT, or STATUS if that is 0. */
bool ask_may_pass(int result, int status);
/* Waits after try number DONE (from 0): a random time that doubles with each, to spread many callers. False:
 * PATIENCE is over, or would be by then. */
bool ask_wait(unsigned done, const struct credentials_patience *patience);

/* The service's message in a failed answer, escaped and cut, after the status: "HTTP 403 (AccessDenied: …)".
 * A new string. CODE and MESSAGE may be NULL. */
char *ask_failure(int status, const char *code, const char *message);

#endif
