#include "net/tls_context.h"

#include "net/resolve.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

/* Called for a key that is encrypted after all: asks nobody, where OpenSSL would ask on the terminal. */
static int no_pass_phrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

static int use_client_certificate(SSL_CTX *context, const struct endpoint *endpoint, struct error *error)
{
    const char *certificate = endpoint->client_cert;
    const char *key = endpoint->client_key ? endpoint->client_key : certificate;
    if (!certificate)
        return 0;
    SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
    if (SSL_CTX_use_certificate_chain_file(context, certificate) == 1 &&
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1)
        return 0;
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    error_set(error, -EINVAL, "cannot use the client certificate %s with the key %s: %s", certificate, key,
              reason ? reason : "unknown format");
    ERR_clear_error();
    return -EINVAL;
}

int tls_context_new(const struct endpoint *endpoint, X509_STORE *store, SSL_CTX **ret_context,
                    struct error *error)
{
    static const unsigned char protocols[] = "\x02h2\x08http/1.1";
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context)
        return error_set(error, -ENOMEM, "out of memory");
    SSL_CTX_set1_cert_store(context, store);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION); /* HTTP/2 forbids it (RFC 9113, 9.2.1) */
    int result = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                         SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols - 1) == 0
                     ? use_client_certificate(context, endpoint, error)
                     : error_set(error, -ENOMEM, "out of memory");
    if (result < 0) {
        SSL_CTX_free(context);
        return result;
    }
    *ret_context = context;
    return 0;
}

/* OpenSSL's macro for this casts the const away, though it doesn't change the string. */
static bool name_server(SSL *ssl, const char *host)
{
    union {
        const char *in;
        void *out;
    } same = {.in = host};
    return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, same.out) == 1;
}

int tls_expect_host(X509_VERIFY_PARAM *parameters, const char *host)
{
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                                    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    size_t length = strlen(host);
    if (length > 1 && host[length - 1] == '.') /* of a proxy: this dot is for the resolver */
        length--;
    int set = host_is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host)
                                    : X509_VERIFY_PARAM_set1_host(parameters, host, length);
    return set == 1 ? 0 : -ENOMEM;
}

SSL *tls_client_new(SSL_CTX *context, const char *host)
{
    SSL *ssl = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    if (!ssl || !in || !out || tls_expect_host(SSL_get0_param(ssl), host) < 0 ||
        (!host_is_address(host) && !name_server(ssl, host))) {
        SSL_free(ssl);
        BIO_free(in);
        BIO_free(out);
        return NULL;
    }
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    return ssl;
}
