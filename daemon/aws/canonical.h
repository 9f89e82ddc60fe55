/* The canonical forms of SigV4, which signer and server must write alike. Pure. */
#ifndef WARMD_AWS_CANONICAL_H
#define WARMD_AWS_CANONICAL_H

#include "base/text.h"

#include <stddef.h>

/* The canonical headers ("name:value\n", sorted by name, repeated ones joined) and their list
 * ("host;x-amz-date"). HEADERS are "Name: value". -ENOMEM. */
int canonical_headers(const char *const *headers, size_t n, struct text *canonical, struct text *list);

/* PATH encoded once more; unless KEEP, without dot segments and double slashes. */
int canonical_path(const char *path, bool keep, struct text *out);

/* QUERY (NULL: none) sorted, each name and value in the one canonical percent-encoding. */
int canonical_query(const char *query, struct text *out);

/* How QUERY is best sent: in its own order, but with each name and value in the canonical percent-encoding.
 * Servers and signers disagree about a raw "+" (sent as "%20", which it means in a form), ":" or "=" in a
 * value, lower-case codes and empty parameters (left out); they all read this form alike. */
int canonical_query_to_send(const char *query, struct text *out);

#endif
