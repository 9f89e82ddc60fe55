/* An endpoint while it is read: its values and the settings that they came from. */
#ifndef WARMD_PLAN_DRAFT_H
#define WARMD_PLAN_DRAFT_H

#include "plan/keys.h"
#include "plan/reader.h"

struct draft {
    struct reader *reader;
    struct endpoint endpoint;
    const config_setting_t *group;                /* the endpoint's own */
    const config_setting_t *given[ENDPOINT_KEYS]; /* in the group or in the defaults; NULL: in neither */
    bool wrong[ENDPOINT_KEYS];                    /* given, with a mistake: don't judge others by it */
};

/* Reads one key's setting into the draft; false: it was wrong, as is recorded. */
typedef bool draft_read_key(struct draft *draft, enum endpoint_key key, const config_setting_t *setting);

/* The request: */
draft_read_key draft_read_url, draft_read_method, draft_read_headers, draft_read_body;
/* The answer: */
draft_read_key draft_read_expect, draft_read_extract;

/* Fills in what nobody gave, and checks values against each other. */
void draft_finish(struct draft *draft);

#endif
