/* The plan: what the configuration says, complete, checked and never changed after it is built. */
#ifndef WARMD_PLAN_PLAN_H
#define WARMD_PLAN_PLAN_H

#include "base/cleanup.h"
#include "base/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PLAN_NAME_MAX = 64,    /* characters of an endpoint's name */
    PLAN_WARM_MAX = 10000, /* instances of one endpoint */
    PLAN_ATTEMPTS_MAX = 10,
    PLAN_STREAMS_MAX = 1000,        /* of one HTTP/2 connection */
    PLAN_BODY_BYTES = 64 << 10,     /* of an answer that are kept, unless `max_body` says otherwise */
    PLAN_BODY_BYTES_MAX = 10 << 20, /* that are read at all: API Gateway's largest answer */
};

enum http_version { HTTP_VERSION_AUTO, HTTP_VERSION_1_1, HTTP_VERSION_2 };
enum ip_family { IP_FAMILY_ANY, IP_FAMILY_4, IP_FAMILY_6 };
/* How a handler is told that it is only warmed, and for how long to hold. */
enum warm_protocol {
    PROTOCOL_HEADER,
    PROTOCOL_NONE,
    PROTOCOL_LAMBDA_WARMER,
    PROTOCOL_LAMBDA_WARMER_PY,
    PROTOCOL_SERVERLESS_PLUGIN_WARMUP,
    PROTOCOL_OPENNEXT,
    PROTOCOL_BREF,
    PROTOCOL_AUTO, /* all of these at once */
};
enum extract_kind {
    EXTRACT_NONE,
    EXTRACT_HEADER,
    EXTRACT_JSON,
    EXTRACT_LOG_TAIL, /* of the Invoke API: X-Amz-Log-Result */
    EXTRACT_ANY,      /* wherever any of the protocols names it: what `auto` means */
};
enum invoke_mode { INVOKE_SYNC, INVOKE_EVENT };
enum auth { AUTH_NONE, AUTH_SIGV4 };
enum architecture { ARCHITECTURE_X86_64, ARCHITECTURE_ARM64 };

/* Where an answer names its instance, or says that it was cold. */
struct extract {
    enum extract_kind kind;
    char *name; /* the header's name, or an RFC 6901 pointer; else NULL */
};

/* Accepted statuses, both ends included. */
struct status_range {
    uint16_t low;
    uint16_t high;
};

/* A time of the week, in local time, in which a different number of instances is wanted. */
struct window {
    uint8_t days;    /* bit 0: Monday … bit 6: Sunday; the days on which it opens */
    uint32_t from_s; /* of the local day, 0 to 86399 */
    uint32_t to_s;   /* up to 86400; not after from_s: of the next day */
    uint32_t warm;
    uint64_t lead_us; /* be warm that long before it opens */
};

/* Strings are owned by the plan; absent ones are NULL. url, headers and body may hold ${placeholders}, all of
 * them known to expand (protocol/request.h does it). */
struct endpoint {
    char *name;
    char *url;          /* NULL where there is a function */
    char *function;     /* name or ARN, called by the Invoke API; NULL where there is a url */
    char *qualifier;    /* of the function: alias or version; NULL: none, or in the ARN */
    char *region;       /* given, or from the ARN or a well-known host; NULL: found when it is needed */
    char *tenant_id;    /* NULL: none */
    char *profile;      /* of the AWS files; NULL: the chain */
    char *endpoint_url; /* scheme and authority; NULL: the region's own */
    enum invoke_mode mode;
    enum auth auth;
    char *service; /* to sign for; NULL: nothing is signed */
    uint32_t warm; /* outside of windows; 0: it is resting then */
    struct window *windows;
    size_t n_windows;
    uint64_t interval_us; /* where it is learned: what learning begins with */
    bool interval_auto;
    uint64_t interval_min_us; /* bounds of learning; without it, both are the interval */
    uint64_t interval_max_us;
    uint64_t jitter_us; /* either way */
    uint64_t timeout_us;
    uint64_t connect_timeout_us;
    uint64_t hold_us; /* where it is learned: what learning begins with */
    bool hold_auto;
    char *method;   /* "GET", or "POST" where there is a body, unless configured */
    char **headers; /* "Name: value", in the order of the file */
    size_t n_headers;
    char *body; /* NULL: none */
    enum warm_protocol protocol;
    struct status_range *expect;
    size_t n_expect;
    struct extract instance;
    struct extract cold;
    uint32_t max_body_bytes; /* of an answer's body that are kept, to find the two above in it */
    uint32_t attempts;
    uint32_t memory_mb;
    enum architecture arch;
    double budget_usd; /* a month; 0: no limit */
    enum http_version http_version;
    uint32_t streams; /* most requests of one HTTP/2 connection; 0: as many as the server allows */
    enum ip_family ip_family;
    char *ca_file; /* paths, `credential:NAME` already resolved */
    char *client_cert;
    char *client_key;
    bool enabled;
    bool secrets_missing; /* it names secrets, and $CREDENTIALS_DIRECTORY is unset: it can't be called */
    char *source_file;    /* where its group begins, for messages */
    unsigned source_line;
};

/* Frees what it holds, not itself; also if it is half-built. */
void endpoint_free(struct endpoint *endpoint);

/* Overrides of the price table, in USD; negative: as in the table (decide/cost.h). */
struct price_overrides {
    double requests_per_million; /* Lambda's requests */
    double gb_second_x86;        /* Lambda's duration, a GB-second */
    double gb_second_arm;
    double gateway_per_million;   /* API Gateway's requests, whatever its kind */
    double provisioned_gb_second; /* provisioned concurrency while it is set */
    double provisioned_duration;  /* and its duration while it runs, a GB-second */
};

/* Which rounds get a journal entry of their own. */
enum round_log { LOG_OF_ROUNDS, LOG_OF_CHANGES };

struct daemon_settings {
    uint32_t max_in_flight;
    uint64_t stagger_us;
    bool log_requests;
    enum round_log log;
    bool realtime;      /* SCHED_FIFO during a release, if it is allowed */
    char *timezone;     /* of the windows; NULL: the system's */
    char *metrics_file; /* NULL: none is written */
    struct price_overrides prices;
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
    struct names names; /* where each endpoint is, set by plan_add; empty in a hand-made plan */
    char **files;       /* that the plan was read from, the main one first */
    size_t n_files;
    struct secret *secrets; /* those that placeholders name */
    size_t n_secrets;
    bool secrets_missing; /* true for one of the endpoints: the plan is good only for checking */
};

struct plan *plan_new(void); /* one reference, no price overridden; NULL when memory ran out */
struct plan *plan_ref(struct plan *plan);
void plan_unref(struct plan *plan); /* the last one wipes secrets and frees all; takes NULL */
DEFINE_CLEANUP(struct plan *, plan_unref);

/* Appends ENDPOINT, which then belongs to the plan; `endpoints` must have room for it. Of several with one
 * name, which a plan must not have, the first is found. -ENOMEM: it still belongs to the caller. */
int plan_add(struct plan *plan, const struct endpoint *endpoint);
/* NULL when there is none of that name. */
const struct endpoint *plan_find(const struct plan *plan, const char *name);
const char *plan_secret(const struct plan *plan, const char *name);

extern const char *const http_version_names[HTTP_VERSION_2 + 1]; /* "auto", "1.1", "2" */

size_t plan_enabled(const struct plan *plan); /* how many endpoints are */

/* The largest number of instances that the endpoint ever wants: its own and its windows'. */
uint32_t endpoint_most_warm(const struct endpoint *endpoint);

/* Instances of all enabled endpoints. */
uint64_t plan_instances(const struct plan *plan);

#endif
