/* An endpoint while it is being read: its values and the settings that they came from; and questions to it.
 */
#ifndef WARMD_CONFIG_DRAFT_H
#define WARMD_CONFIG_DRAFT_H

#include "config/keys.h"
#include "config/reader.h"

struct draft {
    struct reader *reader;
    struct endpoint endpoint;
    const config_setting_t *group;                /* the endpoint's own */
    const config_setting_t *given[ENDPOINT_KEYS]; /* in the group or in the defaults; NULL: in neither */
    bool wrong[ENDPOINT_KEYS];                    /* given, with a mistake: don't judge others by it */
};

/* Whether KEY stands in the endpoint's own group, and not just in the defaults. */
bool draft_is_own(const struct draft *draft, enum endpoint_key key);
/* The setting to blame if two contradict each other: the endpoint's own rather than one from the defaults. */
const config_setting_t *draft_blame(const struct draft *draft, enum endpoint_key first,
                                    enum endpoint_key second);
/* Records that two keys contradict each other, at the one to blame; once, as many endpoints may inherit both.
 */
#define draft_mistake(draft, first, second, ...)                                                             \
    reader_mistake_once((draft)->reader, draft_blame(draft, first, second), __VA_ARGS__)
#define draft_warn(draft, first, second, ...)                                                                \
    reader_warn_once((draft)->reader, draft_blame(draft, first, second), __VA_ARGS__)
/* Whether the endpoint calls a function. */
bool draft_is_function(const struct draft *draft);
/* Whether it is known what to call: there is either url or function, not both. */
bool draft_has_target(const struct draft *draft);
/* The URL that is called, url or endpoint_url, and its key; NULL: the region's own, over https. */
const char *draft_target(const struct draft *draft);
enum endpoint_key draft_target_key(const struct draft *draft);
/* The setting of the draft's header NAME; NULL: there is none, or the headers are wrong. */
const config_setting_t *draft_header(const struct draft *draft, const char *name);

/* Takes away the keys that need what the endpoint lacks: those from the defaults apply only to endpoints that
 * can use them. If SETTLED, its own are mistakes: they have no effect, and WHY says why not. */
void draft_drop(struct draft *draft, enum need need, bool settled, const char *why);

/* Fill in what an endpoint doesn't say, and check its values against each other; in this order. */
void finish_target(struct draft *draft);  /* url or function, and how it is signed */
void finish_answer(struct draft *draft);  /* expect, instance, cold */
void finish_times(struct draft *draft);   /* interval, jitter, hold */
void finish_windows(struct draft *draft); /* and warm */
void finish_request(struct draft *draft); /* method, body, TLS */

#endif
