/* GetFunctionConfiguration: what users of the Invoke API may ask about a function. */
#ifndef SIM_CONFIGURATION_H
#define SIM_CONFIGURATION_H

#include "call.h"

/* Whether REQUEST is GET /2015-03-31/functions/NAME-or-ARN/configuration. */
bool is_configuration(const struct request *request, const char *path);
/* Answers it with some members as AWS has them and those of --configuration, or with the reason for a
 * refusal. */
void configuration_answer(struct server *server, struct request *request, const char *path);

#endif
