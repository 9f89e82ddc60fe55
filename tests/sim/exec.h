/* --exec: a process for each instance, which is sent events as JSON lines on its stdin and answers each by
 * one on stdout. Each leads a process group of its own, which ends with its instance. */
#ifndef SIM_EXEC_H
#define SIM_EXEC_H

#include "request.h"

#include <jansson.h>

struct server;
struct exec;

/* COMMAND, which outlives it, is a shell's. NULL: said on stderr why. */
struct exec *exec_new(struct server *server, const char *command);
/* Takes NULL. Ends all processes; requests that they have are dropped. */
void exec_free(struct exec *exec);
/* An epoll descriptor: when it is readable, exec_serve() is due. */
int *exec_fd(struct exec *exec);
void exec_serve(struct exec *exec);
/* Hands REQUEST, with one reference, and LINE, without its end, to the process of INSTANCE, which is started
 * where there is none. False: it can't be; said on stderr why. */
bool exec_send(struct exec *exec, uint64_t instance, struct request *request, const char *line);
/* INSTANCE is gone: ends its process, which has no request. Does nothing where there is none. */
void exec_end(struct exec *exec, uint64_t instance);

/* exec's user: REQUEST, with its reference, has been answered by ANSWER, which is exec's; or, where that is
 * NULL, its process ended in the way that HOW says. */
void exec_done(struct server *server, struct request *request, const json_t *answer, const char *how);

#endif
