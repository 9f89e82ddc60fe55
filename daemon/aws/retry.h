/* Asking once more, as the SDKs do: "Retry behavior" of the AWS SDKs and Tools Reference Guide. */
#ifndef WARMD_AWS_RETRY_H
#define WARMD_AWS_RETRY_H

#include "aws/credentials.h"

enum { RETRY_TRIES = 3 }; /* in all, the first among them */

/* Whether what came of a try may pass by itself: fetch's RESULT, or STATUS where that is 0. */
bool retry_is_worth_it(int result, int status);
/* Waits after try number DONE (from 0): a random time that doubles with each, so that many askers spread.
 * False: PATIENCE is over, or would be by then. */
bool retry_wait(unsigned done, const struct credentials_patience *patience);

#endif
