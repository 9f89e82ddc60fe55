/* Which instance answered, and whether it was new: from where the endpoint's configuration says to look. */
#ifndef WARMD_PROTOCOL_IDENTITY_H
#define WARMD_PROTOCOL_IDENTITY_H

#include "base/json.h"
#include "base/redact.h"
#include "plan/plan.h"
#include "protocol/log_tail.h"
#include "record/sample.h"

/* What to look into. */
struct clues {
    bool by_invoke; /* the headers that an HTTP client would see are in the payload */
    /* from HTTP, called as identity_header says; NULL: not sent */
    const char *instance_header, *cold_header;
    const char *request_id;           /* AWS's, of this answer; NULL: unknown */
    const struct json_document *body; /* NULL: none, or not JSON */
    struct log_tail *tail;            /* zeroes: none */
};

/* The header that EXTRACT reads over HTTP; THEIRS is the `header` protocol's name for it. NULL: none. */
const char *identity_header(const struct extract *extract, const char *theirs);

/* A new string for the caller, without REDACTOR's secrets; NULL: the answer doesn't name it. "sha256:…"
 * stands for one of more than INSTANCE_ID_MAX bytes, and for any that may not be shown. */
char *identity_instance(const struct endpoint *endpoint, const struct redactor *redactor,
                        const struct clues *clues);
/* If the configured place says nothing, AWS's own report of the invocation decides. */
enum coldness identity_cold(const struct endpoint *endpoint, const struct clues *clues);

#endif
