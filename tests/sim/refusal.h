/* Why AWS refuses a request before any instance is looked for. */
#ifndef SIM_REFUSAL_H
#define SIM_REFUSAL_H

#include "call.h"

struct refusal {
    int status;
    const char *type; /* x-amzn-ErrorType; static */
    char *body;       /* JSON, owned by the holder */
};

/* True where REQUEST is refused; then *RET_REFUSAL is set. CALL is NULL for what a front takes; MISTAKE as
 * call_of_invoke() has it. */
bool refuses(const struct server *server, const struct request *request, const struct call *call,
             const char *mistake, struct refusal *ret_refusal);
/* The same of GetFunctionConfiguration. */
bool refuses_configuration(const struct server *server, const struct request *request,
                           const struct call *call, const char *mistake, struct refusal *ret_refusal);
/* Of a request that was throttled by the account's limit, or by its function's own. */
struct refusal refusal_of_throttle(bool by_account);
/* Of the service's own failure. */
struct refusal refusal_of_service(void);

#endif
