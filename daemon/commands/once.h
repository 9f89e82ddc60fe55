/* `lambda-warmd once`: one round now, the truth on stdout. */
#ifndef WARMD_COMMANDS_ONCE_H
#define WARMD_COMMANDS_ONCE_H

#include "plan/plan.h"
#include "record/round.h"

#include <stdbool.h>

struct once_options {
    bool json;
    bool distinct; /* a target counts as met only if its instances are proven distinct */
    char **names;  /* of endpoints; none: all that are enabled */
    int n_names;
};

/* Returns an exit code: EXIT_DONE only if every target was met. */
int command_once(const char *config_path, const struct once_options *options);

/* Runs rounds of the N endpoints at CHOSEN, all at once as far as max_in_flight allows. RET_ROUNDS has room
 * for N, in the same order; the caller frees each. -errno. */
int run_rounds(struct plan *plan, const struct endpoint *const *chosen, size_t n, struct round **ret_rounds);

#endif
