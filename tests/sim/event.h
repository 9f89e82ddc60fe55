/* Events as API Gateway's HTTP APIs and function URLs make them of requests (payload format 2.0), and what
 * they make of a handler's result. */
#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include "request.h"

#include <jansson.h>

/* The caller drops the reference. */
json_t *event_of_front(const struct request *request, const char *path, const char *id);

/* An answer in the making; zero-initialised. */
struct front_answer {
    int status;
    struct {
        char *name, *value;
    } headers[24];
    size_t n_headers;
    struct buffer body;
};

/* RESULT has a statusCode, or is the body itself. */
void front_answer_of(const json_t *result, struct front_answer *ret_answer);
void front_answer_free(struct front_answer *answer);

#endif
