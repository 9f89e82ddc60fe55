/* One request of a volley on its way through libcurl. */
#ifndef WARMD_VOLLEY_HTTP1_TRANSFER_H
#define WARMD_VOLLEY_HTTP1_TRANSFER_H

#include "net/curl_handle.h"
#include "protocol/answer.h"
#include "volley/http1/framing.h"
#include "volley/http1/gate.h"
#include "volley/http1/sockets.h"
#include "volley/http1/ticket.h"
#include "volley/path.h"
#include "volley/run.h"

enum transfer_state {
    TRANSFER_WAITING,    /* not begun */
    TRANSFER_CONNECTING, /* DNS, TCP, proxy, TLS: libcurl's */
    TRANSFER_WRITING,    /* libcurl is writing the request into the gate */
    TRANSFER_ARMED,      /* the request is complete in the gate */
    TRANSFER_RELEASED,
    TRANSFER_DONE, /* the sample has its outcome */
};

/* What all transfers of a volley share; read-only while they run. */
struct transfer_setup {
    const struct run *run;
    struct curl_setup curl; /* by transfer_curl_setup */
    struct ticket *ticket;  /* NULL: no TLS, not OpenSSL, or a server that aborts on tickets */
    bool by_bio;            /* hold by BIO, else by socket */
};

struct transfer {
    const struct transfer_setup *setup;
    struct sample *sample;
    enum transfer_state state;
    struct gate gate;
    struct curl_handle handle;
    struct request request;
    struct framing framing;
    struct answer answer;
    struct sockets sockets;
    int socket_error;   /* errno of a socket() that failed */
    enum cause cause;   /* set by a callback that aborts */
    const char *detail; /* with it; NULL: libcurl's own message */
    struct path path;
    struct transfer **noted; /* the shard's list of transfers that need a look after libcurl's turn */
    struct transfer *next_noted;
    bool is_noted;
};

/* How the handles of RUN, which outlives them, are set up. */
struct curl_setup transfer_curl_setup(const struct run *run);

/* Makes the request and the handle for its sample. False: the sample has its cause and the state is done. */
bool transfer_prepare(struct transfer *transfer);
/* Frees all but the gate, which must outlive the connection. */
void transfer_end(struct transfer *transfer);

/* For an armed transfer: gives back the buffers it read into and wrote from, which are empty until the answer
 * comes. libcurl's manual warns against setting the size of its buffer while it sends, for that frees it (up
 * to 8.6; later versions have one for all). By now it has sent everything, and would make another. */
void transfer_free_buffers(struct transfer *transfer);

/* Puts it on the shard's list, once. */
void transfer_note(struct transfer *transfer);
/* Call this when libcurl stops watching a socket while connecting: it may have given up one address for the
 * next. */
void transfer_look_again(struct transfer *transfer);

/* libcurl is done with it: gives the sample its outcome. */
void transfer_finish(struct transfer *transfer, CURLcode code);
/* Ends a transfer that can't go on: gives the sample CAUSE, unless it has an outcome. DETAIL may be NULL. */
void transfer_fail(struct transfer *transfer, enum cause cause, const char *detail);
/* What it is busy with: why it is late, if it is. */
enum request_stage transfer_stage(const struct transfer *transfer);

#endif
