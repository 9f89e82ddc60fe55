/* Why an answer doesn't count: AWS refused, or the function failed. Pure. */
#ifndef WARMD_PROTOCOL_REFUSAL_H
#define WARMD_PROTOCOL_REFUSAL_H

#include "base/json.h"
#include "base/redact.h"
#include "base/text.h"
#include "plan/plan.h"
#include "record/sample.h"

/* An answer that is not an expected one. */
struct refused {
    int status;
    const char *error_type;           /* X-Amzn-ErrorType; NULL: none */
    const char *location;             /* of a redirect; NULL: none */
    const struct text *text;          /* its body, as far as kept */
    const struct json_document *body; /* NULL: none, or not JSON */
    const char *why_no_json;          /* "is not JSON: …", if it begins like JSON; else NULL */
    const struct redactor *redactor;
};

struct refusal {
    enum cause cause;
    char *detail; /* one line, cut to SAMPLE_DETAIL_MAX, not yet escaped; NULL: the cause says it all. Owned
                     by the holder. */
};

/* AWS's refusals: 429 from anyone; 400, 401 and 403 from a signed endpoint; anything from the Invoke API. For
 * anyone's other statuses, the cause says which, and the detail what the answer says, or where a redirect
 * leads. The detail never has the message of a refused signature: it quotes what was signed, including the
 * session token. */
struct refusal refusal_read(const struct endpoint *endpoint, const struct refused *refused);

/* A function that failed: the detail, AWS's KIND ("Unhandled") and the payload's message. The payload is
 * REFUSED's body. */
char *refusal_of_function(const char *kind, const struct refused *refused);

/* A stranger's text, as one line that may be shown: without secrets, cut to SAMPLE_DETAIL_MAX, to be escaped
 * when shown. TEXT, which must be as received, as a new string for the caller. NULL if nothing may be quoted
 * (see base/redact.h), if TEXT is NULL or only white space, or if memory ran out. */
char *refusal_quote(const struct redactor *redactor, const char *text);

#endif
