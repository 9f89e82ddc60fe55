/* The daemon: one event loop for the fleet, signals, systemd and the clock. */
#ifndef WARMD_SERVICE_DAEMON_H
#define WARMD_SERVICE_DAEMON_H

#include "base/error.h"
#include "plan/mistakes.h"
#include "plan/plan.h"

/* Reads the configuration at PATH into a plan that can be sent, and turns local time to its zone, before any
 * thread is started. -errno, with the reason in MISTAKES. */
typedef int (*daemon_reader)(const char *path, struct plan **ret_plan, struct mistakes *mistakes);

/* Runs until a signal stops it. A configuration that READ refuses, or that can't be applied, ends it only at
 * the start: the result is READ's, and the journal says why. Any other -errno comes with ERROR. */
int daemon_run(const char *config_path, daemon_reader read, struct error *error);

#endif
