/* libcurl's result codes as causes. */
#ifndef WARMD_VOLLEY_CAUSES_H
#define WARMD_VOLLEY_CAUSES_H

#include "record/sample.h"

#include <curl/curl.h>
#include <stdbool.h>

/* What is known besides the code when a transfer has failed. */
struct failure {
    CURLcode code;
    int system_error;      /* errno that libcurl or a callback saw, 0: none */
    long verify_result;    /* X509_V_…: 0 with a failed verification means that the name did not match */
    bool after_release;    /* the request was complete */
    enum cause late_cause; /* what it was waiting for, if the code is a timeout before the release */
    const char *text;      /* libcurl's own message, may be empty */
};

enum cause cause_of_failure(const struct failure *failure);

#endif
