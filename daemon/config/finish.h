/* Fill in what an endpoint doesn't say, and check its values against each other; in this order. */
#ifndef WARMD_CONFIG_FINISH_H
#define WARMD_CONFIG_FINISH_H

#include "config/draft.h"

void finish_target(struct draft *draft);  /* url or function, and how it is signed */
void finish_answer(struct draft *draft);  /* expect, instance, cold */
void finish_times(struct draft *draft);   /* interval, jitter, hold */
void finish_windows(struct draft *draft); /* and warm */
void finish_request(struct draft *draft); /* method, body, TLS */

#endif
