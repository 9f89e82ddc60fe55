/* What survives a restart, as a JSON file in systemd's $STATE_DIRECTORY. */
#ifndef WARMD_TELEMETRY_STATE_JSON_H
#define WARMD_TELEMETRY_STATE_JSON_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* One endpoint's. */
struct kept {
    char *name;
    uint64_t last_round_us; /* when its last round began, CLOCK_REALTIME */
};

struct state {
    struct kept *items;
    size_t n;
};

/* $STATE_DIRECTORY/state.json as a new string; NULL where systemd gives none (then nothing is kept), or no
 * memory. */
char *state_path(void);

/* Reads PATH. 0: *ret_state is filled (empty if there is no such file). -EBADMSG: it is damaged or of a later
 * version, and has been set aside under the name that ERROR tells. -errno: it can't be read. */
int state_load(const char *path, struct state *ret_state, struct error *error);
/* Writes STATE in PATH's place, all or nothing. -errno, as ERROR says. */
int state_save(const char *path, const struct state *state, struct error *error);

/* When NAME's last round began; 0: not known. */
uint64_t state_last_round_us(const struct state *state, const char *name);
/* Notes it. -ENOMEM. */
int state_note_round(struct state *state, const char *name, uint64_t last_round_us);
void state_free(struct state *state);

#endif
