/* The TLS ticket of a volley: the first connection's handshake is whole and verified, the others resume it.
 * That spares both ends the signatures, and here the memory of a parsed chain for each connection.
 *
 * It belongs to one volley, so to one endpoint with its trust anchors, name and client certificate, and goes
 * with it: nothing that one endpoint has learned lets another pass. A server that doesn't take the ticket
 * asks for a whole handshake, which is verified as the first one was. Some servers break the handshake off
 * instead, for a client certificate's sake mostly: then nobody offers it any more. */
#ifndef WARMD_VOLLEY_TICKET_H
#define WARMD_VOLLEY_TICKET_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Shared by the threads of a volley. */
struct ticket {
    pthread_mutex_t lock; /* of `session` */
    SSL_SESSION *session; /* NULL: none yet */
    atomic_bool settled;  /* there is one, or none to be waited for */
    atomic_bool spoilt;   /* a handshake that offered it has failed */
};

void ticket_init(struct ticket *ticket);
void ticket_free(struct ticket *ticket);

/* Has the connections of CONTEXT, which is a client's, resume TICKET's session, or become it: the first whose
 * certificate was found right. TICKET outlives them. False: no memory. */
bool ticket_use(struct ticket *ticket, SSL_CTX *context);

/* Nobody is to wait for a ticket any more. */
void ticket_give_up(struct ticket *ticket);
bool ticket_is_settled(const struct ticket *ticket);
bool ticket_is_spoilt(const struct ticket *ticket);

#endif
