/* Retries, as the SDKs do them: "Retry behavior" of the AWS SDKs and Tools Reference Guide. */
#ifndef WARMD_AWS_RETRY_H
#define WARMD_AWS_RETRY_H

#include "aws/credentials.h"

enum { RETRY_TRIES = 3 }; /* in all, the first included */

/* Might the failure of a try pass by itself? It is fetch's RESULT, or STATUS if that is 0. */
bool retry_is_worth_it(int result, int status);
/* Waits after try number DONE (from 0): a random time that doubles with each, to spread many callers. False:
 * PATIENCE is over, or would be by then. */
bool retry_wait(unsigned done, const struct credentials_patience *patience);

#endif
