/* The TLS ticket of a volley: the first connection makes a full, verified handshake, and the others resume
 * it. That saves both ends the signatures, and us the memory of a parsed chain for each connection.
 *
 * It belongs to one volley, so to one endpoint with its trust anchors, name and client certificate, and goes
 * with it: nothing that one endpoint has learned lets another pass. A server that doesn't take the ticket
 * asks for a full handshake, which is verified like the first. Some servers abort the handshake instead,
 * mostly because of a client certificate: then nobody offers the ticket any more. */
#ifndef WARMD_VOLLEY_HTTP1_TICKET_H
#define WARMD_VOLLEY_HTTP1_TICKET_H

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Shared by the threads of a volley. Zero-initialised is without a session. */
struct ticket {
    _Atomic(SSL_SESSION *) session; /* NULL: none yet; never changed */
    atomic_bool settled;            /* there is one, or no longer any to wait for */
    atomic_bool spoilt;             /* a handshake that offered it has failed */
};

void ticket_free(struct ticket *ticket);

/* Makes the connections of CONTEXT, which is a client's, resume TICKET's session, or provide it: the first
 * whose certificate was verified does. TICKET outlives them. False: out of memory. */
bool ticket_use(struct ticket *ticket, SSL_CTX *context);

#endif
