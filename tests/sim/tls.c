/* TLS over memory BIOs: the connection reads the socket itself, to get the kernel's stamps. */
#include "connection.h"

#include "server.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

enum { CLEAR_BYTES = 16 * 1024 };

static unsigned char clear[CLEAR_BYTES], wire[CLEAR_BYTES];

/* Moves what TLS wants to send into the socket's queue. */
static void take_encrypted(struct connection *connection)
{
    BIO *bio = SSL_get_wbio(connection->ssl);
    for (int n; (n = BIO_read(bio, wire, sizeof wire)) > 0;)
        buffer_add(&connection->out, wire, (size_t)n);
}

void tls_send(struct connection *connection, const void *bytes, size_t length)
{
    size_t written;
    ERR_clear_error();
    if (SSL_write_ex(connection->ssl, bytes, length, &written) != 1)
        connection->failed = true;
    take_encrypted(connection);
}

void tls_end(struct connection *connection)
{
    ERR_clear_error();
    if (connection->shaken && !(SSL_get_shutdown(connection->ssl) & SSL_SENT_SHUTDOWN))
        SSL_shutdown(connection->ssl);
    take_encrypted(connection);
}

static void end_handshake(struct connection *connection)
{
    const unsigned char *protocol = NULL;
    unsigned length = 0;
    connection->shaken = true;
    connection->server->n_handshakes++;
    connection->server->n_resumed += SSL_session_reused(connection->ssl) == 1;
    SSL_get0_alpn_selected(connection->ssl, &protocol, &length);
    if (length == 2 && memcmp(protocol, "h2", 2) == 0)
        http2_start(connection, connection->server->options.max_streams,
                    connection->server->n_h2++ < connection->server->options.goaway_first);
}

/* A peer whose TLS is broken still gets the alert, and nothing else. */
static void refuse(struct connection *connection)
{
    connection->closing = connection->refused = true;
}

static void shake_hands(struct connection *connection)
{
    ERR_clear_error();
    int done = SSL_do_handshake(connection->ssl);
    int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(connection->ssl, done);
    take_encrypted(connection);
    connection->greeted |= connection->out.length > 0;
    if (error == SSL_ERROR_NONE)
        end_handshake(connection);
    else if (error != SSL_ERROR_WANT_READ)
        refuse(connection);
}

static void read_clear(struct connection *connection)
{
    int n;
    do {
        ERR_clear_error();
        n = SSL_read(connection->ssl, clear, sizeof clear);
        if (n > 0)
            connection_give(connection, clear, (size_t)n);
    } while (n > 0 && !connection->failed && !connection->closing);
    int error = n > 0 ? SSL_ERROR_NONE : SSL_get_error(connection->ssl, n);
    take_encrypted(connection);
    if (error == SSL_ERROR_ZERO_RETURN)
        connection->ended = true;
    else if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ)
        refuse(connection);
}

void tls_take(struct connection *connection, const void *bytes, size_t length)
{
    if (BIO_write(SSL_get_rbio(connection->ssl), bytes, (int)length) != (int)length)
        connection->failed = true;
    if (!connection->shaken)
        shake_hands(connection);
    if (connection->shaken && !connection->failed)
        read_clear(connection);
}

void tls_start(struct connection *connection, SSL_CTX *context)
{
    connection->ssl = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    if (!connection->ssl || !in || !out) {
        BIO_free(in);
        BIO_free(out);
        connection->failed = true;
        return;
    }
    SSL_set_bio(connection->ssl, in, out);
    SSL_set_accept_state(connection->ssl);
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                           const unsigned char *in, unsigned in_length, void *context)
{
    static const unsigned char offered[] = "\x02h2\x08http/1.1";
    const struct tls_options *options = context;
    const unsigned char *list = options->with_h2 ? offered : offered + 3;
    unsigned length = options->with_h2 ? sizeof offered - 1 : sizeof offered - 4;
    union {
        const unsigned char **in;
        unsigned char **out;
    } selected = {.in = out};
    (void)ssl;
    return SSL_select_next_proto(selected.out, out_length, list, length, in, in_length) ==
                   OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

static bool ask_for_certificates(SSL_CTX *context, const char *client_ca)
{
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(client_ca));
    static const unsigned char name[] = "lambda-sim";
    return SSL_CTX_load_verify_file(context, client_ca) == 1 &&
           SSL_CTX_set_session_id_context(context, name, sizeof name - 1) == 1;
}

static bool load(SSL_CTX *context, const struct tls_options *options)
{
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_use_certificate_chain_file(context, options->certificate) == 1 &&
           SSL_CTX_use_PrivateKey_file(context, options->key, SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_check_private_key(context) == 1 &&
           (!options->client_ca || ask_for_certificates(context, options->client_ca));
}

SSL_CTX *tls_context(const struct tls_options *options)
{
    union {
        const struct tls_options *in;
        void *out;
    } argument = {.in = options};
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context || !load(context, options)) {
        const char *reason = ERR_reason_error_string(ERR_peek_error());
        fprintf(stderr, "lambda-sim: cannot use %s with %s: %s\n", options->certificate, options->key,
                reason ? reason : "unknown error");
        SSL_CTX_free(context);
        return NULL;
    }
    /* 10,000 idle connections without their record buffers. */
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, argument.out);
    return context;
}
