/* The fleet: the endpoints of the plan in force, each with its warmer. It brings plans into force, and tells,
 * counts and remembers what its warmers' rounds come to. */
#ifndef WARMD_SERVICE_FLEET_H
#define WARMD_SERVICE_FLEET_H

#include "service/warmer.h"

/* The files that show it (service/files.h). */
enum kept_file { KEPT_STATE, KEPT_METRICS, KEPT_STATUS, KEPT_FILES };

struct fleet {
    sd_event *loop;
    struct warmer_common common; /* the plan in force is NULL before the first one */
    struct warmer *warmers;      /* in the order of the plan */
    size_t n_warmers;
    struct state state;       /* what survives a restart */
    bool changed[KEPT_FILES]; /* it is no longer as it was when the file was written */
    sd_event_source *summary_timer;
    bool summaries_due; /* it is armed */
    bool told_fallback;
    bool told_realtime;
};

/* Zero-initialised is closed. FLEET must stay where it is, and LOOP outlive it. -errno. */
int fleet_open(struct fleet *fleet, sd_event *loop);
void fleet_close(struct fleet *fleet);

/* Brings PLAN into force, and keeps a reference of its own to it. An endpoint that is known by name and calls
 * the same target keeps its due time, its round and its last figures; if it wants more instances than before,
 * it is due at once. One that is new or calls something else starts afresh: at once, or within the stagger
 * time if there are several. A queued round is brought in line, or dropped with its endpoint. On failure
 * (-errno) nothing has changed. What is being printed of the fleet must be begun anew (files_restart). */
int fleet_adopt(struct fleet *fleet, struct plan *plan);

/* Starts a round of every endpoint now, except those with one running or queued. */
void fleet_fire_all(struct fleet *fleet);
/* Takes in a finished round of WARMER and logs it. WARMER is NULL if a reload removed the endpoint, or made
 * it call something else, while the round ran: it says nothing about the present target. What it shows about
 * all endpoints is logged once: how requests are held back, with which priority. */
void fleet_take(struct fleet *fleet, struct warmer *warmer, struct round *round);
/* Logs the summaries of rounds without an entry of their own: those whose hour is over, or ALL. */
void fleet_tell_summaries(struct fleet *fleet, bool all);
/* Logs which endpoints have begun to rest, as a plan says that has come into force. */
void fleet_tell_rests(struct fleet *fleet);
/* The system's clock was set by BY_US. What was spent in a month isn't forgotten. */
void fleet_clock_set(struct fleet *fleet, int64_t by_us);
/* Local time is another: windows follow it from now on. */
void fleet_look_again(struct fleet *fleet);
/* From now on no round begins by itself. */
void fleet_disarm(struct fleet *fleet);
/* Counts the endpoints in each condition. */
void fleet_count(const struct fleet *fleet, size_t counts[CONDITIONS]);

#endif
