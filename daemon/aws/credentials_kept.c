/* Keeps what the chain finds: one entry per profile, with at most one search per profile at a time. */
#include "aws/credentials_kept.h"

#include "aws/credentials_sources.h"
#include "base/clock.h"
#include "base/patience.h"
#include "base/timestamp.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#define REFRESH_AHEAD_US (300 * US_PER_S)
#define REFRESH_JITTER_S 60U           /* so that many daemons don't all ask at once */
#define RETRY_US (60 * US_PER_S)       /* while the old ones serve; doubled with each failure but the first */
#define FAILURE_KEPT_US (2 * US_PER_S) /* while there are none */

enum { FAILURES_MOST = 4 /* eight minutes */ };

/* A search in progress. It outlives its waiters: the last holder frees it. */
struct flight {
    unsigned refs; /* under `lock` */
    int landed_fd; /* readable once the search has ended */
};

struct kept {
    struct kept *next;
    char *profile; /* NULL: the chain */
    struct aws_credentials credentials;
    uint64_t ahead_us; /* refresh when less than this is left */
    bool rejected;     /* a server called them expired */
    bool tried;
    struct shared_stamp seen; /* of the files, before the last search */
    uint64_t tried_us;        /* CLOCK_MONOTONIC, its end */
    unsigned failures;        /* in a row, expired credentials included; FAILURES_MOST: or more */
    uint64_t retry_us;        /* how long after tried_us the next one may begin, while the old ones serve */
    int failure;              /* of the last search; 0 if it found some */
    struct error problem;
    struct flight *flight; /* NULL: none */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept *all_kept;
static struct {
    char *name; /* NULL: not known */
    struct flight *flight;
    uint64_t failed_us;
    int failure; /* of the last search */
    struct error problem;
} region;                   /* the instance's */
static unsigned generation; /* counts credentials_forget: a search begun before it isn't kept */

static void flight_unref(struct flight *flight)
{
    if (--flight->refs > 0)
        return;
    close(flight->landed_fd);
    free(flight);
}

/* With one reference, its leader's. */
static struct flight *flight_new(void)
{
    struct flight *flight = calloc(1, sizeof *flight);
    if (!flight)
        return NULL;
    *flight = (struct flight){.refs = 1, .landed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (flight->landed_fd < 0) {
        free(flight);
        return NULL;
    }
    return flight;
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct kept *find(const char *profile)
{
    struct kept *kept = all_kept;
    while (kept && !is_same(kept->profile, profile))
        kept = kept->next;
    return kept;
}

static struct kept *find_or_add(const char *profile)
{
    struct kept *kept = find(profile);
    if (kept)
        return kept;
    kept = calloc(1, sizeof *kept);
    if (!kept)
        return NULL;
    kept->profile = profile ? strdup(profile) : NULL;
    if (profile && !kept->profile) {
        free(kept);
        return NULL;
    }
    kept->next = all_kept;
    all_kept = kept;
    return kept;
}

static bool is_past_expiry(const struct aws_credentials *credentials)
{
    return credentials->expires_us != 0 && credentials->expires_us <= clock_real_us();
}

static bool still_serve(const struct kept *kept)
{
    return kept->credentials.access_key_id && !kept->rejected &&
           (kept->credentials.outlive || !is_past_expiry(&kept->credentials));
}

/* Should credentials that still serve be refreshed? New files count at once, and so does expiry, once;
 * everything else waits for the pause. */
static bool is_due(const struct kept *kept, const struct shared_stamp *now)
{
    if (!shared_stamp_equal(&kept->seen, now))
        return true;
    if (is_past_expiry(&kept->credentials) && kept->failures == 0)
        return true;
    uint64_t expires_us = kept->credentials.expires_us;
    bool soon = expires_us && expires_us < clock_real_us() + kept->ahead_us;
    return (soon || kept->failure) && clock_monotonic_us() - kept->tried_us >= kept->retry_us;
}

/* The pause after a search: a minute, doubled with each failure in a row, and up to a tenth less at random,
 * so that many daemons don't all return at once. */
static uint64_t pause_us(const struct kept *kept)
{
    uint64_t whole_us = RETRY_US << (kept->failures > 1 ? kept->failures - 1 : 0);
    if (whole_us == RETRY_US)
        return whole_us;
    return whole_us - arc4random_uniform((uint32_t)(whole_us / 10));
}

static bool has_just_failed(const struct kept *kept, const struct shared_stamp *now)
{
    return kept->tried && kept->failure && shared_stamp_equal(&kept->seen, now) &&
           clock_monotonic_us() - kept->tried_us < FAILURE_KEPT_US;
}

/* Returns 0, with a warning if credentials that still serve need one. */
static int warn(const struct kept *kept, struct error *error)
{
    char text[TIMESTAMP_TEXT_MAX];
    if (!is_past_expiry(&kept->credentials))
        return error_set(error, 0, "%s", kept->failure ? kept->problem.message : "");
    timestamp_format(kept->credentials.expires_us, text);
    return error_set(
        error, 0, "%s: its credentials expired at %s and stay in use because there are no newer ones%s%.300s",
        kept->credentials.source, text, kept->failure ? ": " : "",
        kept->failure ? kept->problem.message : "");
}

static int copy_out(const struct kept *kept, struct aws_credentials *ret_credentials, struct error *error)
{
    int result = aws_credentials_copy(&kept->credentials, ret_credentials, error);
    return result < 0 ? result : warn(kept, error);
}

/* A caller whose patience ran out before the search ended has not learned that there are none. */
static bool is_own_fault(int result, const struct credentials_patience *patience)
{
    return result == -ECANCELED || result == -ENOMEM || result == -EMFILE || result == -ENFILE ||
           (result == -ETIMEDOUT && clock_monotonic_us() >= patience->until_us);
}

/* Records a search's end in the entry, and moves FOUND there unless RESULT is negative. */
static void land(struct kept *kept, const struct shared_stamp *before, int result,
                 struct aws_credentials *found, const struct error *problem)
{
    kept->tried = true;
    kept->seen = *before;
    kept->tried_us = clock_monotonic_us();
    if (result >= 0 && !is_past_expiry(found))
        kept->failures = 0;
    else if (kept->failures < FAILURES_MOST)
        kept->failures++;
    kept->retry_us = pause_us(kept);
    kept->failure = result < 0 ? result : 0;
    kept->problem = *problem;
    if (result < 0)
        return;
    aws_credentials_free(&kept->credentials);
    kept->credentials = *found;
    *found = (struct aws_credentials){0};
    kept->rejected = false;
    kept->ahead_us = REFRESH_AHEAD_US + arc4random_uniform(REFRESH_JITTER_S) * US_PER_S;
}

/* Searches for all waiters; entered and left with the lock held. A refresh takes at most half of the
 * patience, so that the old ones can still be used. */
static int lead(struct kept *kept, const struct shared_stamp *before,
                const struct credentials_patience *patience, struct aws_credentials *ret_credentials,
                struct error *error)
{
    CLEANUP_CREDENTIALS struct aws_credentials found = {0};
    struct credentials_patience own = *patience;
    struct error problem = {0};
    struct flight *flight = kept->flight = flight_new();
    unsigned begun = generation;
    uint64_t now_us = clock_monotonic_us();
    if (!flight)
        return still_serve(kept)
                   ? copy_out(kept, ret_credentials, error)
                   : error_set(error, -EMFILE,
                               "out of memory or file descriptors while fetching AWS credentials");
    if (still_serve(kept) && own.until_us > now_us)
        own.until_us = now_us + (own.until_us - now_us) / 2;
    pthread_mutex_unlock(&lock);
    int result = credentials_search(kept->profile, &own, &found, &problem);
    pthread_mutex_lock(&lock);
    if (begun != generation) {
        /* Forgotten meanwhile: good for the caller, but not kept. */
        if (result > 0) {
            *ret_credentials = found;
            found = (struct aws_credentials){0};
        }
    } else if (result > 0 || !is_own_fault(result, &own) || (still_serve(kept) && result == -ETIMEDOUT))
        land(kept, before, result, &found, &problem);
    kept->flight = NULL;
    eventfd_write(flight->landed_fd, 1);
    flight_unref(flight);
    if (begun != generation)
        return error_set(error, result > 0 ? 0 : result, "%s", problem.message);
    if (result != -ECANCELED && still_serve(kept))
        return copy_out(kept, ret_credentials, error);
    return result < 0 ? error_set(error, result, "%s", problem.message)
                      : error_set(error, -EKEYEXPIRED, "AWS credentials expired while they were fetched");
}

/* Waits until FLIGHT has landed: 0; entered and left with the lock held. -ETIMEDOUT, -ECANCELED. */
static int wait_for(struct flight *flight, const struct credentials_patience *patience, struct error *error)
{
    flight->refs++;
    pthread_mutex_unlock(&lock);
    int result = patience_wait(flight->landed_fd, patience->until_us, patience->cancel_fd);
    pthread_mutex_lock(&lock);
    flight_unref(flight);
    if (result < 0)
        error_set(error, result, "AWS credentials: %s",
                  result == -ETIMEDOUT ? "not fetched in time" : "cancelled");
    return result;
}

/* Looks once; 1: look again. With the lock held. */
static int get(const char *profile, const struct shared_stamp *now,
               const struct credentials_patience *patience, struct aws_credentials *ret_credentials,
               struct error *error)
{
    struct kept *kept = find_or_add(profile);
    if (!kept)
        return error_set(error, -ENOMEM, "out of memory");
    if (still_serve(kept) && (kept->flight || !is_due(kept, now)))
        return copy_out(kept, ret_credentials, error);
    if (kept->flight) {
        int result = wait_for(kept->flight, patience, error);
        return result == 0 ? 1 : result;
    }
    if (!still_serve(kept) && has_just_failed(kept, now))
        return error_set(error, kept->failure, "%s", kept->problem.message);
    return lead(kept, now, patience, ret_credentials, error);
}

int credentials_get(const char *profile, const struct credentials_patience *patience,
                    struct aws_credentials *ret_credentials, struct error *error)
{
    struct error unused = {0};
    struct error *told = error ? error : &unused;
    int result = 1;
    while (result > 0) {
        struct shared_stamp now;
        shared_stamp_take(&now);
        told->message[0] = '\0';
        pthread_mutex_lock(&lock);
        result = get(profile, &now, patience, ret_credentials, told);
        pthread_mutex_unlock(&lock);
    }
    return result;
}

void credentials_reject(const char *profile, const struct aws_credentials *used)
{
    pthread_mutex_lock(&lock);
    struct kept *kept = find(profile);
    if (kept && is_same(kept->credentials.access_key_id, used->access_key_id) &&
        is_same(kept->credentials.secret_access_key, used->secret_access_key) &&
        is_same(kept->credentials.session_token, used->session_token))
        kept->rejected = true;
    pthread_mutex_unlock(&lock);
}

void credentials_forget(void)
{
    pthread_mutex_lock(&lock);
    generation++;
    for (struct kept **at = &all_kept; *at;) {
        struct kept *kept = *at;
        aws_credentials_free(&kept->credentials);
        kept->failure = 0;
        kept->failures = 0;
        kept->tried = kept->rejected = false;
        if (kept->flight) { /* its leader still uses it */
            at = &kept->next;
            continue;
        }
        *at = kept->next;
        free(kept->profile);
        free(kept);
    }
    free(region.name);
    region.name = NULL;
    region.failure = 0;
    pthread_mutex_unlock(&lock);
}

/* Asks for all waiters; entered and left with the lock held. */
static int lead_region(const struct credentials_patience *patience, struct error *error)
{
    char *name = NULL;
    struct error problem = {0};
    struct flight *flight = region.flight = flight_new();
    if (!flight)
        return error_set(error, -EMFILE, "out of memory or file descriptors while asking for the region");
    pthread_mutex_unlock(&lock);
    int result = instance_region(patience, &name, &problem);
    pthread_mutex_lock(&lock);
    region.flight = NULL;
    eventfd_write(flight->landed_fd, 1);
    flight_unref(flight);
    if (result > 0) {
        free(region.name);
        region.name = name;
        return 1;
    }
    if (result == 0)
        result = -ENOENT;
    if (!is_own_fault(result, patience)) {
        region.failure = result;
        region.failed_us = clock_monotonic_us();
        region.problem = problem;
    }
    return error_set(error, result, "%s", problem.message);
}

/* Looks once; 1: look again. With the lock held. */
static int get_region(const struct credentials_patience *patience, char **ret_region, struct error *error)
{
    if (region.name) {
        char *copy = strdup(region.name);
        if (!copy)
            return error_set(error, -ENOMEM, "out of memory");
        *ret_region = copy;
        return 0;
    }
    if (region.flight) {
        int result = wait_for(region.flight, patience, error);
        return result == 0 ? 1 : result;
    }
    if (region.failure && clock_monotonic_us() - region.failed_us < FAILURE_KEPT_US)
        return error_set(error, region.failure, "%s", region.problem.message);
    return lead_region(patience, error);
}

/* The instance's region, asked for once: it doesn't change. */
static int region_of_instance(const struct credentials_patience *patience, char **ret_region,
                              struct error *error)
{
    struct error why = {0};
    int result = 1;
    while (result > 0) {
        pthread_mutex_lock(&lock);
        result = get_region(patience, ret_region, &why);
        pthread_mutex_unlock(&lock);
    }
    if (result < 0)
        return error_set(error, result,
                         "no region: not in the configuration, AWS_REGION or the profile (%.200s)",
                         why.message);
    return 0;
}

int credentials_region(const char *profile, const struct credentials_patience *patience, char **ret_region,
                       struct error *error)
{
    CLEANUP_SHARED_FILES struct shared_files files = {0};
    const char *name = region_of_environment();
    if (!name) {
        int result = shared_files_read(&files, error);
        if (result == 0 && !profile)
            result = profile_require_named(&files, error);
        if (result < 0)
            return result;
        name = profile_region(&files, profile);
    }
    if (!name)
        return region_of_instance(patience, ret_region, error);
    char *copy = strdup(name);
    if (!copy)
        return error_set(error, -ENOMEM, "out of memory");
    *ret_region = copy;
    return 0;
}
