#include "net/failure.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <string.h>

static enum cause cause_of_verification(long result)
{
    return result == X509_V_ERR_HOSTNAME_MISMATCH || result == X509_V_ERR_IP_ADDRESS_MISMATCH
               ? CAUSE_HOSTNAME
               : CAUSE_CERTIFICATE;
}

/* libcurl 7.88 gives the errno of a broken TLS connection only in its text. */
static enum cause cause_of_broken(const struct failure *failure)
{
    char number[32];
    snprintf(number, sizeof number, "errno %d", ECONNRESET);
    bool is_reset = strstr(failure->text, number) || strstr(failure->text, strerror(ECONNRESET));
    return cause_of_errno(is_reset ? ECONNRESET : failure->system_error,
                          failure->stage < STAGE_SEND ? STAGE_SEND : failure->stage);
}

static enum cause cause_of_code(const struct failure *failure)
{
    switch (failure->code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return CAUSE_DNS;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY:
        return CAUSE_PROXY;
    case CURLE_COULDNT_CONNECT:
        return cause_of_errno(failure->system_error, STAGE_CONNECT);
    case CURLE_OPERATION_TIMEDOUT:
        return cause_of_timeout(failure->stage);
    case CURLE_SSL_CONNECT_ERROR:
        return cause_of_errno(strstr(failure->text, "reset") ? ECONNRESET : failure->system_error, STAGE_TLS);
    case CURLE_PEER_FAILED_VERIFICATION:
        /* libcurl checks the name after the chain, and leaves the result unspecified if it doesn't match. */
        return failure->verify_result == X509_V_OK || failure->verify_result == X509_V_ERR_UNSPECIFIED
                   ? CAUSE_HOSTNAME
                   : cause_of_verification(failure->verify_result);
    case CURLE_SSL_CERTPROBLEM:
        return CAUSE_CLIENT_CERTIFICATE;
    case CURLE_SSL_CACERT_BADFILE:
        return CAUSE_TRUST_ANCHORS;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        return cause_of_broken(failure);
    case CURLE_WRITE_ERROR:
        return CAUSE_TOO_LARGE;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP_RETURNED_ERROR:
        return CAUSE_PROTOCOL;
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE: /* an endless header */
        return CAUSE_PROTOCOL;
#endif
    case CURLE_OUT_OF_MEMORY: /* libcurl 7.88 reports an endless header so, too */
        return failure->stage == STAGE_ANSWER ? CAUSE_PROTOCOL : CAUSE_MEMORY;
    default:
        return CAUSE_INTERNAL;
    }
}

/* Whatever goes wrong with a proxy is its fault, unless it is ours. */
enum cause failure_cause(const struct failure *failure)
{
    enum cause cause = cause_of_code(failure);
    bool own = cause == CAUSE_MEMORY || cause == CAUSE_DESCRIPTORS || cause == CAUSE_CONNECT_TIMEOUT;
    return failure->at_proxy && !own ? CAUSE_PROXY : cause;
}

enum cause failure_of_tls(const SSL *ssl, struct error *text)
{
    long verified = SSL_get_verify_result(ssl);
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    bool by_certificate = verified != X509_V_OK;
    error_set(text, 0, "%s",
              by_certificate ? X509_verify_cert_error_string(verified)
              : reason       ? reason
                             : "the handshake was broken off");
    ERR_clear_error();
    return by_certificate ? cause_of_verification(verified) : CAUSE_TLS;
}
