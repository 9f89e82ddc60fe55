/* Why AWS refuses a request before it looks for an instance. */
#ifndef SIM_REFUSAL_H
#define SIM_REFUSAL_H

#include "call.h"

struct refusal {
    int status;
    const char *type; /* x-amzn-ErrorType; static */
    char *body;       /* JSON, owned by the holder */
};

/* True if REQUEST is refused; then *RET_REFUSAL is set. CALL is NULL for a front's request; MISTAKE is from
 * call_of_invoke(). */
bool refuses(const struct server *server, const struct request *request, const struct call *call,
             const char *mistake, struct refusal *ret_refusal);
/* The same for GetFunctionConfiguration. */
bool refuses_configuration(const struct server *server, const struct request *request,
                           const struct call *call, const char *mistake, struct refusal *ret_refusal);
/* The refusal of a request that was throttled by the account's limit, or by its function's own. */
struct refusal refusal_of_throttle(bool by_account);
/* The refusal for the service's own failure. */
struct refusal refusal_of_service(void);

#endif
