/* Answers of the Invoke API. */
#ifndef SIM_INVOKE_H
#define SIM_INVOKE_H

#include "call.h"

/* To a call that has run: its handler's result or error. */
void invoke_answer(const struct server *server, struct request *request);
/* To one that is to run in the background (202), or that shall not run (204). */
void invoke_accept(struct request *request);

#endif
