/* What survives a restart, as a JSON file in systemd's $STATE_DIRECTORY. */
#ifndef WARMD_TELEMETRY_STATE_JSON_H
#define WARMD_TELEMETRY_STATE_JSON_H

#include "base/error.h"
#include "base/names.h"
#include "decide/policy.h"
#include "decide/spend.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One endpoint's. */
struct kept {
    char *name;
    uint64_t last_round_us; /* when its last round began, CLOCK_REALTIME; 0: none yet */
    bool has_policy;        /* something was learned */
    struct policy_state policy;
    struct spend spend;
};

struct state {
    struct kept **items; /* an entry stays where it is */
    size_t n;
    struct names names; /* where each is */
    struct throttles throttles;
};

/* $STATE_DIRECTORY/state.json as a new string; NULL where systemd gives none (then nothing is kept), or no
 * memory. */
char *state_path(void);

/* Reads PATH. 0: *ret_state is filled (empty if there is no such file); what was learned is to be adopted
 * (policy_adopt). -EBADMSG: it is damaged or of a later version, and has been set aside under the name that
 * ERROR tells. -ENOMEM: there was no memory for it, and nothing is wrong with it. -errno: it can't be read.
 */
int state_load(const char *path, struct state *ret_state, struct error *error);
enum { STATE_MODE = 0600 };
/* Prints what comes next of STATE as JSON, *POSITION being 0 at first: a few endpoints at a time, those left
 * out that had no round for two months before NOW_REAL_US (CLOCK_REALTIME). False: that was all. */
bool state_print(FILE *file, const struct state *state, uint64_t now_real_us, size_t *position);
/* Writes STATE in PATH's place (base/file_replace.h). -errno, as ERROR says. */
int state_save(const char *path, const struct state *state, uint64_t now_real_us, struct error *error);

/* Forgets endpoints that PLAN has not, all but the STATE_GONE_MOST whose last rounds are the latest; entries
 * are in another order then. */
enum { STATE_GONE_MOST = 1000 };
void state_bound(struct state *state, const struct plan *plan);

/* NAME's entry, a new one where there is none; NULL: no memory. */
struct kept *state_of(struct state *state, const char *name);
/* NULL where there is none. */
const struct kept *state_find(const struct state *state, const char *name);
void state_free(struct state *state);

#endif
