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

/* Reads what survived; a damaged file is warned of and set aside. -ENOMEM. Before the first keeper_adopt; the
 * loop is set. */
int keeper_open(struct keeper *keeper);
/* Writes the files that are out of date, what is to survive and the metrics: NOW, or when it is time. After
 * each turn of the loop. */
void keeper_write(struct keeper *keeper, bool now);

/* Brings PLAN into force, and keeps a reference of its own to it. An endpoint that is known by name and calls
 * what it called keeps its due time, its round and its last figures; where more instances are wanted than
 * before, it is due at once. One that is new or calls something else begins anew: at once, or within the
 * stagger time where there are several. A round that waits in the queue is brought in line, or dropped with
 * its endpoint. On failure (-errno) nothing has changed. */
int keeper_adopt(struct keeper *keeper, struct plan *plan);
/* NULL: no endpoint of that name is in force. */
struct slot *keeper_find(const struct keeper *keeper, const char *name);
/* What is kept, counted and shown is to be written. */
void keeper_changed(struct keeper *keeper);
/* How many endpoints are in which condition. */
void keeper_count(const struct keeper *keeper, size_t counts[CONDITIONS]);
/* A round of everything now; what is running or queued already is left alone. Returns how many rounds it
 * began. */
size_t keeper_fire_all(struct keeper *keeper);
/* Takes in a finished round and tells it, and once what it shows that concerns all endpoints: how requests
 * are held back, with which priority. */
void keeper_take(struct keeper *keeper, struct round *round);
/* The system's clock was set by so much: what was spent in a month isn't forgotten. */
void keeper_clock_set(struct keeper *keeper, int64_t by_us);
/* The system's clock was set: windows now follow it. */
void keeper_look_again(struct keeper *keeper);
/* "12 endpoints, 118/120 warm, 1 failing, worst skew 2.1 ms, next round at 14:32:05, $0.41 this month", after
 * what was wrong with a configuration that was rejected since; a new string, NULL: no memory. */
char *keeper_status(const struct keeper *keeper);
/* Tells what was summed of rounds without an entry of their own: where an hour is over, or ALL of it. */
void keeper_tell_summaries(struct keeper *keeper, bool all);
/* Sees to it that this happens by itself. */
void keeper_summarize_later(struct keeper *keeper);
/* Forgets all endpoints. */
void keeper_free_slots(struct keeper *keeper);
/* No round begins by itself any more. */
void keeper_disarm(struct keeper *keeper);
void keeper_close(struct keeper *keeper);

#endif
