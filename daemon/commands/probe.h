/* `lambda-warmd probe`: the experiment without a configuration. */
#ifndef WARMD_COMMANDS_PROBE_H
#define WARMD_COMMANDS_PROBE_H

#include "plan/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct probe_options {
    const char *target; /* a URL, or a function's name or ARN */
    const char *region; /* from here on for functions; NULL: found as for an endpoint */
    const char *qualifier;
    const char *profile;
    const char *endpoint_url;
    uint32_t n;
    char **headers; /* "Name: value" */
    size_t n_headers;
    const char *method; /* NULL: GET, or POST with a body */
    const char *body;
    const char *ca_file;
    uint64_t hold_us;
    uint64_t timeout_us;
    uint64_t connect_timeout_us;
    enum http_version http_version;
    bool json;
};

void probe_defaults(struct probe_options *options);
/* Returns an exit code: EXIT_DONE only if all N were answered as expected and, if the answers name their
 * instances, by N instances. */
int command_probe(const struct probe_options *options);

#endif
