/* Why AWS refused: what it says in headers and body, told apart by cause. Pure. */
#ifndef WARMD_PROTOCOL_REFUSAL_H
#define WARMD_PROTOCOL_REFUSAL_H

#include "plan/plan.h"
#include "protocol/quote.h"
#include "record/sample.h"

/* An answer that is not an expected one. */
struct refused {
    int status;
    const char *error_type;           /* X-Amzn-ErrorType; NULL: none */
    const char *location;             /* of a redirect; NULL: none */
    const struct text *text;          /* its body, as far as it is kept */
    const struct json_document *body; /* NULL: none, or no JSON */
    const char *why_no_json;          /* "is not JSON: …", where it begins like JSON; else NULL */
    const struct redactor *redactor;
};

struct refusal {
    enum cause cause;
    char *detail; /* one line, cut to SAMPLE_DETAIL_MAX, not yet escaped; NULL: the cause says it all. Owned
                     by the holder. */
};

/* AWS's ways of saying no: 429 of anyone; 400, 401 and 403 of a signed endpoint; whatever the Invoke API
 * says. Of anyone's other statuses the cause says which, and the detail what the answer says, or where a
 * redirect leads. Of a refused signature the message is never in the detail: it quotes what was signed, the
 * session token with it. */
struct refusal refusal_read(const struct endpoint *endpoint, const struct refused *refused);

/* A function that failed, in AWS's KIND ("Unhandled") and the words of the payload, which is REFUSED's body.
 */
struct refusal refusal_of_function(const char *kind, const struct refused *refused);

#endif
