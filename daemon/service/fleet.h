/* The fleet: the endpoints of the plan in force, each with its timer and its last round. */
#ifndef WARMD_SERVICE_FLEET_H
#define WARMD_SERVICE_FLEET_H

#include "service/publish.h"
#include "service/status_file.h"
#include "service/warmer.h"

/* How much later than due the loop may wake up to save power; rounds are minutes apart. */
enum { FLEET_ACCURACY_US = 10000 };

struct fleet {
    sd_event *loop;
    struct plan *plan;
    struct rounds *rounds;
    struct warmer *warmers;
    size_t n_warmers;
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
 * fleet_adopt; the loop must be set. */
int fleet_open(struct fleet *fleet);
/* Writes those files that are out of date (what is to survive, and the metrics): NOW, or when it is time.
 * Call it after each turn of the loop. */
void fleet_write(struct fleet *fleet, bool now);

/* Brings PLAN into force, and keeps a reference of its own to it. An endpoint that is known by name and calls
 * the same target keeps its due time, its round and its last figures; if it wants more instances than before,
 * it is due at once. One that is new or calls something else starts afresh: at once, or within the stagger
 * time if there are several. A queued round is brought in line, or dropped with its endpoint. On failure
 * (-errno) nothing has changed. */
int fleet_adopt(struct fleet *fleet, struct plan *plan);
/* NULL: no endpoint of that name is in force. */
struct warmer *fleet_find(const struct fleet *fleet, const char *name);
/* What is kept, counted and shown has changed and must be written. */
void fleet_changed(struct fleet *fleet);
/* Counts the endpoints in each condition. */
void fleet_count(const struct fleet *fleet, size_t counts[CONDITIONS]);
/* Starts a round of every endpoint now, except those with one running or queued. Returns how many rounds it
 * began. */
size_t fleet_fire_all(struct fleet *fleet);
/* Takes in a finished round and logs it. What it shows about all endpoints is logged once: how requests are
 * held back, with which priority. */
void fleet_take(struct fleet *fleet, struct round *round);
/* The system's clock was set by BY_US. What was spent in a month isn't forgotten. */
void fleet_clock_set(struct fleet *fleet, int64_t by_us);
/* The system's clock was set: windows follow it from now on. */
void fleet_look_again(struct fleet *fleet);
/* "12 endpoints, 118/120 warm, 1 failing, worst skew 2.1 ms, next round at 14:32:05, $0.41 this month",
 * preceded by what was wrong with a configuration that was rejected since; a new string, NULL: no memory. */
char *fleet_status(const struct fleet *fleet);
/* Logs the summaries of rounds without an entry of their own: those whose hour is over, or ALL. */
void fleet_tell_summaries(struct fleet *fleet, bool all);
/* Makes sure that this happens by itself. */
void fleet_summarize_later(struct fleet *fleet);
/* Forgets all endpoints. */
void fleet_free_warmers(struct fleet *fleet);
/* From now on no round begins by itself. */
void fleet_disarm(struct fleet *fleet);
void fleet_close(struct fleet *fleet);

#endif
