/* An endpoint while it is being read: its values and the settings that they came from. */
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

/* Reads one key's setting into the draft; false: it was wrong, and that is recorded. */
typedef bool draft_read_key(struct draft *draft, enum endpoint_key key, const config_setting_t *setting);

/* What is called, and how it is signed: */
draft_read_key draft_read_url, draft_read_function, draft_read_endpoint_url, draft_read_mode, draft_read_auth;
draft_read_key draft_read_aws_name; /* qualifier, region, tenant_id, profile, service */
/* When, and for how long: */
draft_read_key draft_read_time, draft_read_windows;
/* The request: */
draft_read_key draft_read_method, draft_read_headers, draft_read_body;
/* The answer: */
draft_read_key draft_read_expect, draft_read_extract, draft_read_max_body;
/* What it costs: */
draft_read_key draft_read_memory, draft_read_arch, draft_read_budget;

/* Whether KEY stands in the endpoint's own group, and not just in the defaults. */
bool draft_is_own(const struct draft *draft, enum endpoint_key key);
/* The setting to blame if two contradict each other: the endpoint's own rather than one from the defaults. */
const config_setting_t *draft_blame(const struct draft *draft, enum endpoint_key first,
                                    enum endpoint_key second);
/* Whether the endpoint calls a function. */
bool draft_is_function(const struct draft *draft);
/* Whether it is known what to call: there is either url or function, not both. */
bool draft_has_target(const struct draft *draft);
/* Where qualifier, region, tenant_id, profile, service and endpoint_url are kept. */
char **draft_aws_name(struct endpoint *endpoint, enum endpoint_key key);
void draft_drop(struct draft *draft, enum endpoint_key key); /* frees one of these and makes it NULL */
/* The setting of the draft's header NAME; NULL: there is none, or the headers are wrong. */
const config_setting_t *draft_header(const struct draft *draft, const char *name);
/* The URL that is called: url or endpoint_url; NULL: the region's own, over https. */
const char *draft_target(const struct draft *draft);

/* Fill in what wasn't given, and check values against each other; draft_finish calls the others. */
void draft_finish(struct draft *draft);
void draft_finish_times(struct draft *draft);
void draft_finish_windows(struct draft *draft);
void draft_finish_function(struct draft *draft); /* if there is one */
void draft_finish_access(struct draft *draft);   /* after the function */
void draft_finish_answer(struct draft *draft);

#endif
