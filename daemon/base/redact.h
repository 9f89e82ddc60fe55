/* Strangers' words may repeat what they were sent: a handler that fails quotes its event, a gateway the URL.
 */
#ifndef WARMD_BASE_REDACT_H
#define WARMD_BASE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

enum { REDACT_LEAST = 4 }; /* bytes: shorter ones are everywhere, and can't be found */

/* The secrets that are looked for. Zero-initialised is none. */
struct redactor {
    struct needle *needles;
    size_t n;
    bool hides_all; /* one is too short to be found, or memory ran out: no stranger's word may be shown */
};

/* Adds SECRET, which is copied; takes NULL and "", which are none. */
void redactor_add(struct redactor *redactor, const char *secret);
/* Overwrites each secret in TEXT with asterisks, and the beginning of one where TEXT ends (with an ellipsis
 * or without): it was cut there. A secret is found as it is, and as JSON, URLs, HTML, base64 (at each of its
 * offsets, in both alphabets) or a programming language's string would have it, also in mixtures of them.
 * TEXT must be as the stranger wrote it: what was normalised before is not found. Takes NULL. Without regard
 * to `hides_all`. */
void redactor_apply(const struct redactor *redactor, char *text);
void redactor_free(struct redactor *redactor); /* wipes */

/* The same for one secret; where that is too short to be found, TEXT is emptied. */
void redact_secret(char *text, const char *secret);

#endif
