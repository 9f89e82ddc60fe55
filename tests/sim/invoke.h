/* Answers of the Invoke API. */
#ifndef SIM_INVOKE_H
#define SIM_INVOKE_H

#include "call.h"

/* Answers a call that has run with its handler's result or error. */
void invoke_answer(const struct server *server, struct request *request);
/* Answers a call that is to run in the background (202), or isn't to run at all (204). */
void invoke_accept(struct request *request);

#endif
