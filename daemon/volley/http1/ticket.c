#include "volley/http1/ticket.h"

#include <pthread.h>

static pthread_once_t index_once = PTHREAD_ONCE_INIT;
static int context_index = -1; /* of a context: its ticket */
static int offer_index = -1;   /* of a connection that offers a ticket: that ticket */

static void make_index(void)
{
    context_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    offer_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

static struct ticket *ticket_of(const SSL *ssl)
{
    return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index);
}

void ticket_free(struct ticket *ticket)
{
    SSL_SESSION_free(ticket->session);
}

/* A connection that ends badly marks its session as not resumable, so each gets a copy. */
static void offer(const SSL *ssl, struct ticket *ticket)
{
    const SSL_SESSION *kept = ticket->session;
    SSL_SESSION *copy = kept && !ticket->spoilt ? SSL_SESSION_dup(kept) : NULL;
    union {
        const SSL *in;
        SSL *out;
    } same = {.in = ssl};
    if (copy && SSL_set_ex_data(same.out, offer_index, ticket) == 1)
        SSL_set_session(same.out, copy);
    SSL_SESSION_free(copy);
}

/* libcurl makes the SSL itself: we first see it when its handshake begins. */
static void on_handshake(const SSL *ssl, int where, int what)
{
    struct ticket *offered = SSL_get_ex_data(ssl, offer_index);
    if (where == SSL_CB_HANDSHAKE_START && !SSL_get0_session(ssl) && SSL_in_before(ssl))
        offer(ssl, ticket_of(ssl));
    else if (where & SSL_CB_ALERT && what >> 8 == SSL3_AL_FATAL && offered && SSL_in_init(ssl))
        offered->spoilt = true;
}

/* 0: we keep a copy, not a reference, as the connection goes on with its own session. */
static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
    struct ticket *ticket = ticket_of(ssl);
    if (SSL_get_verify_result(ssl) != X509_V_OK || !SSL_get0_peer_certificate(ssl) ||
        !SSL_SESSION_is_resumable(session))
        return 0;
    SSL_SESSION *copy = SSL_SESSION_dup(session), *none = NULL;
    if (!atomic_compare_exchange_strong(&ticket->session, &none, copy))
        SSL_SESSION_free(copy);
    ticket->settled = true;
    return 0;
}

bool ticket_use(struct ticket *ticket, SSL_CTX *context)
{
    pthread_once(&index_once, make_index);
    if (context_index < 0 || offer_index < 0 || SSL_CTX_set_ex_data(context, context_index, ticket) != 1)
        return false;
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, on_new_session);
    SSL_CTX_set_info_callback(context, on_handshake);
    return true;
}
