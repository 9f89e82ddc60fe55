/* What a handler answered: its instance, whether it was new, and whether the answer is an expected one. */
#ifndef WARMD_PROTOCOL_ANSWER_H
#define WARMD_PROTOCOL_ANSWER_H

#include "base/redact.h"
#include "base/text.h"
#include "plan/plan.h"
#include "record/sample.h"

enum {
    ANSWER_LENGTH_MAX = PLAN_BODY_BYTES_MAX, /* bytes of a body that are read at all */
    ANSWER_HEADERS_MAX = 256 * 1024,         /* of headers, interim answers (1xx) included */
};

/* Headers that are kept until the answer is complete: the two that the endpoint's configuration names, AWS's
 * and caches'. */
enum answer_header {
    ANSWER_INSTANCE,
    ANSWER_COLD,
    ANSWER_FUNCTION_ERROR,
    ANSWER_ERROR_TYPE,
    ANSWER_LOG_RESULT,
    ANSWER_VERSION,
    ANSWER_REQUEST_ID,
    ANSWER_DATE,
    ANSWER_LOCATION,
    ANSWER_AGE,
    ANSWER_CACHE,
    ANSWER_CACHE_STATUS,
    ANSWER_CF_CACHE_STATUS,
    ANSWER_WEB_REQUEST_ID,
    ANSWER_N_HEADERS,
};

/* What has arrived of one answer so far. Zero-initialised: nothing yet. */
struct answer {
    int status;                      /* 0: not known yet */
    char *headers[ANSWER_N_HEADERS]; /* their values; NULL: not sent, or empty */
    struct text body;                /* its beginning, as far as kept, if something reads it */
    size_t length;                   /* of the body so far */
};

/* Begins an answer of this STATUS; forgets an interim one (1xx) before it. Call it for each status line,
 * before the headers that follow. */
void answer_begin(struct answer *answer, int status);
/* Takes one header line as received, with its line end. */
void answer_take_header(struct answer *answer, const struct endpoint *endpoint, const char *line,
                        size_t length);
/* Takes a piece of the body. False: longer than ANSWER_LENGTH_MAX, stop reading. */
bool answer_take_body(struct answer *answer, const struct endpoint *endpoint, const char *bytes,
                      size_t length);
/* Moves what was found into SAMPLE, whose status is set, and judges it: ok, throttled or failed, with cause
 * and detail. The detail is one line of somebody else's text, to be escaped when shown; it never quotes what
 * was signed, nor REDACTOR's secrets, which are in no other text of SAMPLE either. If a secret is too short
 * to be found, nothing is quoted, and the instance is a digest. NOW_REAL_US is CLOCK_REALTIME when the answer
 * came, for a signature refused because of its time. */
void answer_finish(struct answer *answer, const struct endpoint *endpoint, const struct redactor *redactor,
                   uint64_t now_real_us, struct sample *sample);
void answer_free(struct answer *answer);

#endif
