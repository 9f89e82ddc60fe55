/* The keeper: the endpoints of the plan in force, each with its timer and its last round. */
#ifndef WARMD_COMMANDS_KEEPER_H
#define WARMD_COMMANDS_KEEPER_H

#include "commands/publish.h"
#include "commands/slot.h"
#include "commands/status_file.h"

/* How much later than due the loop may wake up to save power; rounds are minutes apart. */
enum { KEEPER_ACCURACY_US = 10000 };

struct keeper {
    sd_event *loop;
    struct plan *plan;
    struct rounds *rounds;
    struct slot *slots;
    size_t n_slots;
    struct state state; /* what survives a restart */
    struct upkeep state_file;
    struct publisher publisher; /* of the metrics */
    sd_event_source *summary_timer;
    bool summaries_due; /* it is armed */
    struct status_file status;
    bool told_fallback;
    bool told_realtime;
};

/* Reads what survived; warns about a damaged file and sets it aside. -ENOMEM. Call it before the first
 * keeper_adopt; the loop must be set. */
int keeper_open(struct keeper *keeper);
/* Writes those files that are out of date (what is to survive, and the metrics): NOW, or when it is time.
 * Call it after each turn of the loop. */
void keeper_write(struct keeper *keeper, bool now);

/* Brings PLAN into force, and keeps a reference of its own to it. An endpoint that is known by name and calls
 * the same target keeps its due time, its round and its last figures; if it wants more instances than before,
 * it is due at once. One that is new or calls something else starts afresh: at once, or within the stagger
 * time if there are several. A queued round is brought in line, or dropped with its endpoint. On failure
 * (-errno) nothing has changed. */
int keeper_adopt(struct keeper *keeper, struct plan *plan);
/* NULL: no endpoint of that name is in force. */
struct slot *keeper_find(const struct keeper *keeper, const char *name);
/* What is kept, counted and shown has changed and must be written. */
void keeper_changed(struct keeper *keeper);
/* Counts the endpoints in each condition. */
void keeper_count(const struct keeper *keeper, size_t counts[CONDITIONS]);
/* Starts a round of every endpoint now, except those with one running or queued. Returns how many rounds it
 * began. */
size_t keeper_fire_all(struct keeper *keeper);
/* Takes in a finished round and logs it. What it shows about all endpoints is logged once: how requests are
 * held back, with which priority. */
void keeper_take(struct keeper *keeper, struct round *round);
/* The system's clock was set by BY_US. What was spent in a month isn't forgotten. */
void keeper_clock_set(struct keeper *keeper, int64_t by_us);
/* The system's clock was set: windows follow it from now on. */
void keeper_look_again(struct keeper *keeper);
/* "12 endpoints, 118/120 warm, 1 failing, worst skew 2.1 ms, next round at 14:32:05, $0.41 this month",
 * preceded by what was wrong with a configuration that was rejected since; a new string, NULL: no memory. */
char *keeper_status(const struct keeper *keeper);
/* Logs the summaries of rounds without an entry of their own: those whose hour is over, or ALL. */
void keeper_tell_summaries(struct keeper *keeper, bool all);
/* Makes sure that this happens by itself. */
void keeper_summarize_later(struct keeper *keeper);
/* Forgets all endpoints. */
void keeper_free_slots(struct keeper *keeper);
/* From now on no round begins by itself. */
void keeper_disarm(struct keeper *keeper);
void keeper_close(struct keeper *keeper);

#endif
