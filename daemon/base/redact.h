/* Hides secrets in strangers' text, which may repeat what we sent: a failing handler quotes its event, a
 * gateway the URL. */
#ifndef WARMD_BASE_REDACT_H
#define WARMD_BASE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

enum { REDACT_LEAST = 4 }; /* bytes: shorter ones occur everywhere, so can't be searched for */

/* The secrets to look for. Zero-initialised: none. */
struct redactor {
    struct needle *needles;
    size_t n;
    bool hides_all; /* one is too short to find, or memory ran out: show no stranger's text */
};

/* Adds a copy of SECRET; ignores NULL and "". */
void redactor_add(struct redactor *redactor, const char *secret);
/* Overwrites each secret in TEXT with asterisks, and the beginning of one where TEXT was cut (with an
 * ellipsis or without). Finds a secret as it is, as JSON, URLs, HTML, base64 (at each offset, in both
 * alphabets) or a programming language's string would write it, and in mixtures of these. TEXT must be as the
 * stranger wrote it: normalised secrets are not found. Takes NULL. Ignores `hides_all`. */
void redactor_apply(const struct redactor *redactor, char *text);
void redactor_free(struct redactor *redactor); /* wipes */

/* The same for one secret; if it is too short to find, empties TEXT. */
void redact_secret(char *text, const char *secret);

#endif
