#include "volley/causes.h"

#include <errno.h>
#include <openssl/x509_vfy.h>
#include <string.h>

static enum cause cause_of_connect(int system_error, enum cause otherwise)
{
    switch (system_error) {
    case ECONNREFUSED:
        return CAUSE_REFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
        return CAUSE_UNREACHABLE;
    case ETIMEDOUT:
        return CAUSE_CONNECT_TIMEOUT;
    case EMFILE:
    case ENFILE:
        return CAUSE_DESCRIPTORS;
    case ENOMEM:
    case ENOBUFS:
        return CAUSE_MEMORY;
    case ECONNRESET:
    case EPIPE:
        return CAUSE_RESET;
    default:
        return otherwise;
    }
}

/* libcurl 7.88 gives the errno of a broken TLS connection only in its text. */
static enum cause cause_of_broken(const struct failure *failure)
{
    char number[32];
    snprintf(number, sizeof number, "errno %d", ECONNRESET);
    if (strstr(failure->text, number) || strstr(failure->text, strerror(ECONNRESET)))
        return CAUSE_RESET;
    return cause_of_connect(failure->system_error, CAUSE_CLOSED);
}

enum cause cause_of_failure(const struct failure *failure)
{
    switch (failure->code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return CAUSE_DNS;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY:
        return CAUSE_PROXY;
    case CURLE_COULDNT_CONNECT:
        return cause_of_connect(failure->system_error, CAUSE_CONNECT);
    case CURLE_OPERATION_TIMEDOUT:
        return failure->after_release ? CAUSE_TIMEOUT : failure->late_cause;
    case CURLE_SSL_CONNECT_ERROR:
        return strstr(failure->text, "reset") ? CAUSE_RESET
                                              : cause_of_connect(failure->system_error, CAUSE_TLS);
    case CURLE_PEER_FAILED_VERIFICATION:
        /* libcurl checks the name after the chain, and leaves the result unspecified if it doesn't match. */
        return failure->verify_result == X509_V_OK || failure->verify_result == X509_V_ERR_UNSPECIFIED ||
                       failure->verify_result == X509_V_ERR_HOSTNAME_MISMATCH ||
                       failure->verify_result == X509_V_ERR_IP_ADDRESS_MISMATCH
                   ? CAUSE_HOSTNAME
                   : CAUSE_CERTIFICATE;
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
        return failure->after_release ? CAUSE_PROTOCOL : CAUSE_MEMORY;
    default:
        return CAUSE_INTERNAL;
    }
}
