/* One small plain request, for credentials and checks: never between arming and release. */
#ifndef WARMD_NET_FETCH_H
#define WARMD_NET_FETCH_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { FETCH_BODY_MAX = 1 << 20 };

struct fetch_request {
    const char *method; /* "GET", "PUT", "POST" */
    const char *url;
    const char *const *headers; /* "Name: value", sent as is */
    size_t n_headers;
    const char *body; /* NULL: none */
    size_t body_length;
    const char *ca_file;            /* NULL: the system's anchors */
    bool direct;                    /* bypasses every proxy (metadata and container endpoints) */
    uint64_t until_us;              /* CLOCK_MONOTONIC: for everything, name resolution included */
    uint64_t connect_us;            /* the most of it that connecting may take; 0: all */
    int cancel_fd;                  /* readable: give up; -1: none */
    void (*waiting)(void *context); /* called ten times a second while the answer is awaited; NULL: not */
    void *context;
};

struct fetch_answer {
    int status;
    struct text headers; /* the lines as received, each with its line end, at most 64 KiB */
    struct text body;    /* at most FETCH_BODY_MAX bytes, else -EMSGSIZE */
};

/* Sends REQUEST, follows no redirect, verifies certificates. 0: an answer arrived, whatever its status.
 * -ETIMEDOUT, -ECANCELED, -ECONNREFUSED, -EHOSTUNREACH, -ENOENT (no such host), -EPROTO and others, with
 * ERROR naming the host and what went wrong, but never the query or a header. */
int fetch(const struct fetch_request *request, struct fetch_answer *ret_answer, struct error *error);
void fetch_answer_free(struct fetch_answer *answer); /* wipes */
#define CLEANUP_FETCH_ANSWER __attribute__((cleanup(fetch_answer_free)))

#endif
