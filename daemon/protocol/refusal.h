/* Why AWS refused: what it says in headers and body, told apart by cause. Pure. */
#ifndef WARMD_PROTOCOL_REFUSAL_H
#define WARMD_PROTOCOL_REFUSAL_H

#include "base/json_pointer.h"
#include "plan/plan.h"
#include "record/sample.h"

/* An answer that is not an expected one. */
struct refused {
    int status;
    const char *error_type;           /* X-Amzn-ErrorType; NULL: none */
    const struct json_document *body; /* NULL: none, or no JSON */
};

struct refusal {
    enum cause cause;
    char *detail; /* one line, cut to SAMPLE_DETAIL_MAX, not yet escaped; NULL: the cause says it all. Owned
                     by the holder. */
};

/* AWS's ways of saying no: 429 of anyone; 400, 401 and 403 of a signed endpoint; whatever the Invoke API
 * says. Of a refused signature the message is never in the detail: it quotes what was signed, the session
 * token with it. */
struct refusal refusal_read(const struct endpoint *endpoint, const struct refused *refused);

/* A function that failed, in AWS's KIND ("Unhandled") and the payload's words. */
struct refusal refusal_of_function(const char *kind, const struct json_document *payload);

/* TEXT as one line, cut to SAMPLE_DETAIL_MAX; a new string of the caller's, NULL when memory ran out. */
char *refusal_line(const char *text);

#endif
