/* The requests of a volley as they go out: rendered, and signed if the endpoint wants that. */
#ifndef WARMD_VOLLEY_MESSAGE_H
#define WARMD_VOLLEY_MESSAGE_H

#include "aws/credentials.h"
#include "base/redact.h"
#include "protocol/answer.h"
#include "protocol/request.h"
#include "volley/volley.h"

/* What all requests of a volley have in common. Zero-initialised is empty. */
struct message_setup {
    char *url; /* the template: the endpoint's, or the Invoke API's for its function; no dot ends its host */
    bool is_absolute; /* the host ended with a dot */
    char *region;     /* NULL: nothing is signed */
    char *origin;     /* of the Invoke API; NULL: the endpoint has its own, or is a url */
    struct aws_credentials credentials;
    struct redactor redactor; /* of the plan's secrets and these credentials */
    int64_t clock_offset_us;  /* how far the server's clock is ahead of ours, as far as known */
};

/* Finds what is needed to call PLAN's ENDPOINT: for a function its URL, for a signed one region and
 * credentials. Blocks within PATIENCE. CAUSE_NONE, and then a message in ERROR is a warning (refreshing
 * credentials failed, the old ones still serve); or why it can't be called, as ERROR says. Call
 * message_setup_free in either case. */
enum cause message_setup_init(struct message_setup *setup, const struct plan *plan,
                              const struct endpoint *endpoint, const struct credentials_patience *patience,
                              struct error *error);
void message_setup_free(struct message_setup *setup); /* wipes */

/* The request of SAMPLE: both engines send what is signed of it byte for byte. The caller frees it with
 * request_free. False: it can't be built, and SAMPLE has failed. */
bool message_make(const struct volley *volley, const struct message_setup *setup, struct sample *sample,
                  struct request *ret_request);

/* Signs REQUEST, whose URL may be rewritten and whose headers grow. -EINVAL, -ENOMEM. */
int message_sign(const struct endpoint *endpoint, const struct message_setup *setup, struct request *request);

/* ANSWER is whole: gives SAMPLE its outcome. One that came before the request was complete doesn't count. */
void message_take_answer(const struct volley *volley, const struct message_setup *setup,
                         struct answer *answer, struct sample *sample, uint64_t now_ns);

/* Removes secrets from SAMPLE's text, whether an answer's or a library's. */
void message_redact(const struct message_setup *setup, struct sample *sample);

/* Remembers what a refused SAMPLE says: that the credentials have expired, or by how much the server's clock
 * differs. Returns why it was refused if another try may succeed. */
enum resend message_learn(const struct endpoint *endpoint, const struct message_setup *setup,
                          const struct sample *sample);

#endif
