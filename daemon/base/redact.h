/* Strangers' words may repeat what they were sent: a handler that fails quotes its event. */
#ifndef WARMD_BASE_REDACT_H
#define WARMD_BASE_REDACT_H

enum { REDACT_LEAST = 4 }; /* characters: shorter ones are no secrets, and are everywhere */

/* Overwrites each occurrence of SECRET in TEXT with asterisks, also the beginning of one where TEXT ends
 * (with an ellipsis or without): it was cut there. Takes NULL for either. */
void redact_secret(char *text, const char *secret);

#endif
