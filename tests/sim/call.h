/* A call of a function: by the Invoke API, or by a front (API Gateway, a function URL) that makes an event of
 * an HTTP request. */
#ifndef SIM_CALL_H
#define SIM_CALL_H

#include "ping.h"
#include "request.h"

#include <jansson.h>

struct server;

enum { CALL_ID_TEXT = 37 };
enum call_type { CALL_SYNC, CALL_EVENT, CALL_DRY_RUN };

struct call {
    bool invoke; /* by the Invoke API, else by a front */
    enum call_type type;
    bool with_tail;
    char *function, *qualifier; /* of Invoke: as asked for; "$LATEST" if there is none */
    char *version;              /* of Invoke: what the qualifier leads to; NULL: nothing */
    char *key;                  /* the model's path */
    char id[CALL_ID_TEXT];      /* X-Amzn-RequestId */
    json_t *event;              /* NULL: the body is not JSON */
    json_t *client_context;     /* NULL: none */
    struct ping ping;
    /* the result */
    json_t *result;
    char *error_type, *error_message; /* NULL: it went well */
    char *log;                        /* what the handler logged; NULL: nothing */
};

/* Whether PATH is the Lambda API's for a function and ends with ACTION, "/invocations" or another. */
bool call_names_function(const char *path, const char *action);
/* Whether PATH is the Invoke API's. */
bool call_is_invoke(const char *path);
/* The call that REQUEST is. MISTAKE: set to what is wrong with it, static, or NULL. */
struct call *call_of_invoke(struct server *server, const struct request *request, const char *path,
                            const char **ret_mistake);
/* The same for GetFunctionConfiguration. */
struct call *call_of_configuration(struct server *server, const struct request *request, const char *path,
                                   const char **ret_mistake);
struct call *call_of_front(struct server *server, const struct request *request, const char *path);
/* Takes NULL. */
void call_free(struct call *call);
/* Runs the simulator's own handler: sets what it returns and logs for the ping and BINDING. */
void call_answer(const struct server *server, struct call *call, const struct binding *binding);
void call_fail(struct call *call, const char *type, const char *message);

/* "arn:aws:lambda:…:function:NAME[:QUALIFIER]", "ACCOUNT:function:NAME[:QUALIFIER]" or "NAME[:QUALIFIER]".
 * New strings; *RET_QUALIFIER is NULL if there is none. False, and nothing set: TEXT isn't a function's
 * name. */
bool function_name_parse(const char *text, char **ret_function, char **ret_qualifier);
/* A new string. QUALIFIER may be NULL. */
char *function_arn(const struct server *server, const char *function, const char *qualifier);

#endif
