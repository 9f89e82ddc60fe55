/* What survives a restart, as a JSON file in systemd's $STATE_DIRECTORY. */
#ifndef WARMD_MEMORY_STATE_H
#define WARMD_MEMORY_STATE_H

#include "base/error.h"
#include "base/names.h"
#include "decide/policy.h"
#include "decide/spend.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What is remembered of one endpoint. */
struct memory {
    char *name;
    uint64_t last_round_us; /* when its last round began, CLOCK_REALTIME; 0: none yet */
    bool has_policy;        /* something was learned */
    struct policy_state policy;
    struct spend spend;
};

struct state {
    struct memory **items; /* entries keep their addresses */
    size_t n;
    struct names names; /* where each is */
    struct throttles throttles;
};

/* $STATE_DIRECTORY/state.json as a new string; NULL: systemd gives no such folder (then nothing is kept), or
 * no memory. */
char *state_path(void);

/* Reads PATH. 0: *ret_state is filled (empty if there is no such file); the caller must adopt what was
 * learned (policy_adopt). -EBADMSG: it is damaged or of a later version, and was set aside under the name
 * that ERROR gives. -ENOMEM: memory ran out, and nothing is wrong with the file. -errno: it can't be read. */
int state_load(const char *path, struct state *ret_state, struct error *error);
enum { STATE_MODE = 0600 };
/* Prints the next part of STATE as JSON, a few endpoints at a time; *POSITION is 0 at first. Endpoints that
 * had no round in the two months before NOW_REAL_US (CLOCK_REALTIME) are left out. False: that was the last
 * part. */
bool state_print(FILE *file, const struct state *state, uint64_t now_real_us, size_t *position);
/* Forgets endpoints that PLAN doesn't have, except the STATE_GONE_MOST whose last rounds are the latest. This
 * reorders the entries. */
enum { STATE_GONE_MOST = 1000 };
void state_bound(struct state *state, const struct plan *plan);

/* What is remembered of NAME, a new entry if there is none; NULL: out of memory. */
struct memory *state_memory(struct state *state, const char *name);
void state_free(struct state *state);

#endif
