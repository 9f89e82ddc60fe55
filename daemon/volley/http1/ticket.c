#include "volley/http1/ticket.h"

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

void ticket_init(struct ticket *ticket)
{
    *ticket = (struct ticket){.session = NULL};
    pthread_mutex_init(&ticket->lock, NULL);
}

void ticket_free(struct ticket *ticket)
{
    SSL_SESSION_free(ticket->session);
    ticket->session = NULL;
    pthread_mutex_destroy(&ticket->lock);
}

/* A connection that ends badly marks its session as not resumable, so each gets a copy. */
static SSL_SESSION *copy_session(struct ticket *ticket)
{
    pthread_mutex_lock(&ticket->lock);
    SSL_SESSION *copy = ticket->session && !ticket->spoilt ? SSL_SESSION_dup(ticket->session) : NULL;
    pthread_mutex_unlock(&ticket->lock);
    return copy;
}

static void offer(const SSL *ssl, struct ticket *ticket)
{
    SSL_SESSION *session = copy_session(ticket);
    union {
        const SSL *in;
        SSL *out;
    } same = {.in = ssl};
    if (session && SSL_set_ex_data(same.out, offer_index, ticket) == 1)
        SSL_set_session(same.out, session);
    SSL_SESSION_free(session);
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
    bool is_right = SSL_get_verify_result(ssl) == X509_V_OK && SSL_get0_peer_certificate(ssl) &&
                    SSL_SESSION_is_resumable(session);
    pthread_mutex_lock(&ticket->lock);
    if (is_right && !ticket->session)
        ticket->session = SSL_SESSION_dup(session);
    pthread_mutex_unlock(&ticket->lock);
    if (is_right)
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
