/* The plan: what the configuration says, complete, checked and never changed after it is built. */
#ifndef WARMD_PLAN_PLAN_H
#define WARMD_PLAN_PLAN_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PLAN_NAME_MAX = 64,    /* characters of an endpoint's name */
    PLAN_WARM_MAX = 10000, /* instances of one endpoint */
    PLAN_ATTEMPTS_MAX = 10,
};

enum http_version { HTTP_VERSION_AUTO, HTTP_VERSION_1_1, HTTP_VERSION_2 };
enum ip_family { IP_FAMILY_ANY, IP_FAMILY_4, IP_FAMILY_6 };
enum warm_protocol { PROTOCOL_HEADER, PROTOCOL_NONE };
enum extract_kind { EXTRACT_NONE, EXTRACT_HEADER, EXTRACT_JSON };

/* Where an answer names its instance, or says that it was cold. */
struct extract {
    enum extract_kind kind;
    char *name; /* the header's name, or an RFC 6901 pointer; NULL for EXTRACT_NONE */
};

/* Accepted statuses, both ends included. */
struct status_range {
    uint16_t low;
    uint16_t high;
};

/* Strings are owned by the plan; absent ones are NULL. url, headers and body may hold ${placeholders}, all of
 * them known to expand (protocol/render.h does it). */
struct endpoint {
    char *name;
    char *url;
    uint32_t warm;
    uint64_t interval_us;
    uint64_t jitter_us; /* either way */
    uint64_t timeout_us;
    uint64_t connect_timeout_us;
    uint64_t hold_us;
    char *method;   /* "GET", or "POST" where there is a body, unless configured */
    char **headers; /* "Name: value", in the order of the file */
    size_t n_headers;
    char *body; /* NULL: none */
    enum warm_protocol protocol;
    struct status_range *expect;
    size_t n_expect;
    struct extract instance;
    struct extract cold;
    uint32_t attempts;
    enum http_version http_version;
    enum ip_family ip_family;
    char *ca_file; /* paths, `credential:NAME` already resolved */
    char *client_cert;
    char *client_key;
    bool enabled;
    char *source_file; /* where its group begins, for messages */
    unsigned source_line;
};

/* Frees what it holds, not itself; one that is half built too. */
void endpoint_free(struct endpoint *endpoint);

struct daemon_settings {
    uint32_t max_in_flight;
    uint64_t stagger_us;
    bool log_requests;
    bool realtime; /* SCHED_FIFO during a release, where it is allowed */
};

/* A value that no output may show. */
struct secret {
    char *name;
    char *value;
};

struct plan {
    unsigned refs; /* use plan_ref and plan_unref: they are atomic */
    char *path;    /* the main file */
    struct daemon_settings daemon;
    struct endpoint *endpoints; /* in the order of the files, the disabled ones too */
    size_t n_endpoints;
    struct secret *secrets; /* those that placeholders name */
    size_t n_secrets;
    bool credentials_missing; /* a credential is named but $CREDENTIALS_DIRECTORY is unset: good for check
                                 only */
};

struct plan *plan_new(void); /* one reference; NULL when memory ran out */
struct plan *plan_ref(struct plan *plan);
void plan_unref(struct plan *plan); /* the last one wipes secrets and frees all; takes NULL */
DEFINE_CLEANUP(struct plan *, plan_unref);

/* NULL when there is none of that name. */
const struct endpoint *plan_find(const struct plan *plan, const char *name);
const char *plan_secret(const struct plan *plan, const char *name);

const char *http_version_name(enum http_version version); /* "auto", "1.1", "2" */

size_t plan_enabled(const struct plan *plan); /* how many endpoints are */

/* Instances of all enabled endpoints. */
uint64_t plan_instances(const struct plan *plan);

#endif
