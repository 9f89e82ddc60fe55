/* libcurl's result codes as causes. */
#ifndef WARMD_VOLLEY_CAUSES_H
#define WARMD_VOLLEY_CAUSES_H

#include "record/sample.h"

#include <curl/curl.h>
#include <stdbool.h>

/* What is known beside the code when a transfer has failed. */
struct failure {
    CURLcode code;
    int system_error;      /* errno that libcurl or a callback saw, 0: none */
    long verify_result;    /* X509_V_…: 0 with a failed verification means that the name did not match */
    bool after_release;    /* the request was complete */
    enum cause late_cause; /* what it waited for, should the code be a timeout before the release */
    const char *text;      /* libcurl's own words, may be empty */
};

enum cause cause_of_failure(const struct failure *failure);

#endif
