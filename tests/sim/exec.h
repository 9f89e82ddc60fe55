/* --exec: a process for each instance, which gets events as JSON lines on its stdin and answers each with one
 * on stdout. Each leads a process group of its own, which ends with its instance. */
#ifndef SIM_EXEC_H
#define SIM_EXEC_H

#include "request.h"

#include <jansson.h>

struct server;
struct exec;

/* COMMAND is for a shell, and must outlive the result. NULL: the reason is on stderr. */
struct exec *exec_new(struct server *server, const char *command);
/* Takes NULL. Ends all processes and drops their requests. */
void exec_free(struct exec *exec);
/* An epoll descriptor: when it is readable, exec_serve() is due. */
int *exec_fd(struct exec *exec);
void exec_serve(struct exec *exec);
/* Passes REQUEST, with one reference, and LINE, without its end, to the process of INSTANCE, and starts it if
 * there is none. False: it can't be started; the reason is on stderr. */
bool exec_send(struct exec *exec, uint64_t instance, struct request *request, const char *line);
/* INSTANCE is gone: ends its process. Does nothing if there is none. */
void exec_end(struct exec *exec, uint64_t instance);

/* Implemented by exec's user. ANSWER, which belongs to exec, answers REQUEST, whose reference is passed on;
 * if ANSWER is NULL, the process ended in the way that HOW says. */
void exec_done(struct server *server, struct request *request, const json_t *answer, const char *how);

#endif
