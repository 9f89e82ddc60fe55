/* What a handler answered: its instance, whether it was new, and whether the status is an expected one. */
#ifndef WARMD_PROTOCOL_ANSWER_H
#define WARMD_PROTOCOL_ANSWER_H

#include "base/text.h"
#include "plan/plan.h"
#include "record/sample.h"

enum {
    ANSWER_KEPT_MAX = 1 << 20,    /* bytes of a body that are kept for a JSON pointer */
    ANSWER_LENGTH_MAX = 10 << 20, /* bytes of a body that are read at all: API Gateway's largest answer */
};

/* What is seen of one answer while it comes in. Zero-initialised is "nothing yet". */
struct answer {
    char *instance;
    enum coldness cold;
    struct text body; /* only where a pointer reads it */
    size_t length;    /* of the body so far */
};

/* Takes one header line as it was received, with its line end. */
void answer_take_header(struct answer *answer, const struct endpoint *endpoint, const char *line,
                        size_t length);
/* Forgets an interim answer (1xx) before the next status line. */
void answer_restart(struct answer *answer);
/* Takes a piece of the body. False: longer than ANSWER_LENGTH_MAX, reading should end. */
bool answer_take_body(struct answer *answer, const struct endpoint *endpoint, const char *bytes,
                      size_t length);
/* Moves what was found into SAMPLE, whose status is set, and judges it: ok, throttled or failed with its
 * cause. */
void answer_finish(struct answer *answer, const struct endpoint *endpoint, struct sample *sample);
void answer_free(struct answer *answer);

#endif
