/* How an answer over HTTP/1.1 is framed: is what libcurl calls complete the whole answer, and isn't it more
 * than one should read? libcurl takes the end of a connection for the end of an answer, and not all its
 * versions have limits. */
#ifndef WARMD_VOLLEY_HTTP1_FRAMING_H
#define WARMD_VOLLEY_HTTP1_FRAMING_H

#include <stdbool.h>
#include <stddef.h>

/* Zero-initialised: nothing has arrived. */
struct framing {
    size_t header_bytes; /* of interim answers, too */
    size_t pieces;       /* of the body, as libcurl has handed them over: chunks, or fewer */
    bool ends_itself;    /* in chunks, or without a body */
    bool is_sized;       /* it gives its length */
    bool sees_close;     /* it is TLS, and closed_well will say how it ended */
    bool closed_well;    /* by close_notify */
};

/* Takes one header line as received, of an answer to a HEAD if so. 1: it begins an answer, with RET_STATUS
 * (0: none to be read). 0: any other line. -EMSGSIZE: the headers are too large. */
int framing_take_header(struct framing *framing, const char *line, size_t length, bool to_head,
                        int *ret_status);
/* Counts a piece of a body that has BODY_BYTES with it. False: too many tiny pieces. */
bool framing_take_piece(struct framing *framing, size_t body_bytes);
/* Why an answer that libcurl takes as complete isn't; NULL: it is. LENGTH is what libcurl has understood of
 * its length, negative: nothing. */
const char *framing_lack(const struct framing *framing, long long length);

#endif
