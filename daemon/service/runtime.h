/* The daemon's runtime folder: what it leaves there for other processes, and whether a daemon runs at all.
 *
 * - lock: whoever holds it is the daemon (fcntl); it is gone with its process, however that ends
 * - status.json, configuration.json: telemetry/status_json.h */
#ifndef WARMD_SERVICE_RUNTIME_H
#define WARMD_SERVICE_RUNTIME_H

#include <sys/types.h>

/* The path of NAME in the runtime folder, owned by the caller: in FOLDER or, if that is NULL, in systemd's
 * $RUNTIME_DIRECTORY, or in /run/lambda-warmd. NULL: no memory. */
char *runtime_path(const char *folder, const char *name);

/* Takes the lock for as long as this process lives. Returns the descriptor, which must stay open. -EAGAIN:
 * another daemon has it. -ENOENT: there is no such folder; or -errno. */
int runtime_claim(const char *lock_path);
/* The process that holds the lock. -ESRCH: none does; or -errno. */
int runtime_holder(const char *lock_path, pid_t *ret_pid);

#endif
