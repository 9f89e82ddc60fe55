/* Keeps what the chain finds: one entry per profile and one for the instance's region, with at most one
 * search for each at a time. */
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

/* What a search finds: credentials, or the instance's region. */
struct finding {
    struct aws_credentials credentials;
    char *region;
};

struct kept {
    struct kept *next;
    bool of_region; /* the instance's, which has no profile and doesn't change */
    char *profile;  /* NULL: the chain */
    struct finding finding;
    uint64_t ahead_us;        /* refresh when less than this is left */
    bool rejected;            /* a server called them expired */
    struct shared_stamp seen; /* of the files, before the last search */
    uint64_t tried_us;        /* CLOCK_MONOTONIC, its end */
    unsigned failures;        /* in a row, expired credentials included; FAILURES_MOST: or more */
    uint64_t retry_us;        /* how long after tried_us the next one may begin, while the old ones serve */
    int failure;              /* of the last search; 0 if it found some */
    struct error problem;     /* the same in words */
    bool searching;           /* for all who ask meanwhile */
    int found_fd;             /* readable since the end of the last search until the next begins */
    unsigned users;           /* who search or wait, and so need this entry */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept *all_kept;
static unsigned generation; /* counts credentials_forget: a search begun before it isn't kept */

static void finding_free(struct finding *finding)
{
    aws_credentials_free(&finding->credentials);
    free(finding->region);
    finding->region = NULL;
}

static void kept_free(struct kept *kept)
{
    finding_free(&kept->finding);
    if (kept->found_fd >= 0)
        close(kept->found_fd);
    free(kept->profile);
    free(kept);
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct kept *find(bool of_region, const char *profile)
{
    struct kept *kept = all_kept;
    while (kept && (kept->of_region != of_region || !is_same(kept->profile, profile)))
        kept = kept->next;
    return kept;
}

static struct kept *find_or_add(bool of_region, const char *profile)
{
    struct kept *kept = find(of_region, profile);
    if (kept)
        return kept;
    kept = calloc(1, sizeof *kept);
    if (!kept)
        return NULL;
    *kept = (struct kept){.of_region = of_region,
                          .profile = profile ? strdup(profile) : NULL,
                          .found_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if ((profile && !kept->profile) || kept->found_fd < 0) {
        kept_free(kept);
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
    const struct aws_credentials *credentials = &kept->finding.credentials;
    return (credentials->access_key_id || kept->finding.region) && !kept->rejected &&
           (credentials->outlive || !is_past_expiry(credentials));
}

/* Should credentials that still serve be refreshed? New files count at once, and so does expiry, once;
 * everything else waits for the pause. */
static bool is_due(const struct kept *kept, const struct shared_stamp *now)
{
    if (!shared_stamp_equal(&kept->seen, now))
        return true;
    if (is_past_expiry(&kept->finding.credentials) && kept->failures == 0)
        return true;
    uint64_t expires_us = kept->finding.credentials.expires_us;
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
    return kept->failure && shared_stamp_equal(&kept->seen, now) &&
           clock_monotonic_us() - kept->tried_us < FAILURE_KEPT_US;
}

/* Returns 0, with a warning if credentials that still serve need one. */
static int warn(const struct kept *kept, struct error *error)
{
    char text[TIMESTAMP_TEXT_MAX];
    const struct aws_credentials *credentials = &kept->finding.credentials;
    if (!is_past_expiry(credentials))
        return error_set(error, 0, "%s", kept->problem.message);
    timestamp_format(credentials->expires_us, text);
    return error_set(
        error, 0, "%s: its credentials expired at %s and stay in use because there are no newer ones%s%.300s",
        credentials->source, text, kept->failure ? ": " : "", kept->problem.message);
}

static int copy_out(const struct kept *kept, struct finding *ret_finding, struct error *error)
{
    int result = 0;
    if (!kept->of_region)
        result = aws_credentials_copy(&kept->finding.credentials, &ret_finding->credentials, error);
    else if (!(ret_finding->region = strdup(kept->finding.region)))
        result = error_set(error, -ENOMEM, "out of memory");
    return result < 0 ? result : warn(kept, error);
}

/* A caller whose patience ran out before the search ended has not learned that there are none. */
static bool is_own_fault(int result, const struct credentials_patience *patience)
{
    return result == -ECANCELED || result == -ENOMEM || result == -EMFILE || result == -ENFILE ||
           (result == -ETIMEDOUT && clock_monotonic_us() >= patience->until_us);
}

/* Records a search's end in the entry, and moves FOUND there unless RESULT is negative. */
static void land(struct kept *kept, const struct shared_stamp *before, int result, struct finding *found,
                 const struct error *problem)
{
    kept->seen = *before;
    kept->tried_us = clock_monotonic_us();
    if (result >= 0 && !is_past_expiry(&found->credentials))
        kept->failures = 0;
    else if (kept->failures < FAILURES_MOST)
        kept->failures++;
    kept->retry_us = pause_us(kept);
    kept->failure = result < 0 ? result : 0;
    kept->problem = result < 0 ? *problem : (struct error){0};
    if (result < 0)
        return;
    finding_free(&kept->finding);
    kept->finding = *found;
    *found = (struct finding){0};
    kept->rejected = false;
    kept->ahead_us = REFRESH_AHEAD_US + arc4random_uniform(REFRESH_JITTER_S) * US_PER_S;
}

static int search(const struct kept *kept, const struct credentials_patience *patience,
                  struct finding *ret_finding, struct error *error)
{
    if (!kept->of_region)
        return credentials_search(kept->profile, patience, &ret_finding->credentials, error);
    int result = instance_region(patience, &ret_finding->region, error);
    return result == 0 ? -ENOENT : result;
}

/* Searches for all waiters; entered and left with the lock held. A refresh takes at most half of the
 * patience, so that the old ones can still be used. */
static int lead(struct kept *kept, const struct shared_stamp *before,
                const struct credentials_patience *patience, struct finding *ret_finding, struct error *error)
{
    CLEANUP(finding_free) struct finding found = {0};
    struct credentials_patience own = *patience;
    struct error problem = {0};
    unsigned begun = generation;
    uint64_t now_us = clock_monotonic_us();
    if (still_serve(kept) && own.until_us > now_us)
        own.until_us = now_us + (own.until_us - now_us) / 2;
    eventfd_read(kept->found_fd, &(eventfd_t){0});
    kept->searching = true;
    kept->users++;
    pthread_mutex_unlock(&lock);
    int result = search(kept, &own, &found, &problem);
    pthread_mutex_lock(&lock);
    kept->searching = false;
    kept->users--;
    eventfd_write(kept->found_fd, 1);
    if (begun != generation) { /* Forgotten meanwhile: good for the caller, but not kept. */
        if (result > 0) {
            *ret_finding = found;
            found = (struct finding){0};
        }
        return error_set(error, result > 0 ? 0 : result, "%s", problem.message);
    }
    if (result > 0 || !is_own_fault(result, &own) || (still_serve(kept) && result == -ETIMEDOUT))
        land(kept, before, result, &found, &problem);
    if (result != -ECANCELED && still_serve(kept))
        return copy_out(kept, ret_finding, error);
    return result < 0 ? error_set(error, result, "%s", problem.message)
                      : error_set(error, -EKEYEXPIRED, "AWS credentials expired while they were fetched");
}

/* Waits for the search that somebody else has begun: 1, to look again; entered and left with the lock held.
 * -ETIMEDOUT, -ECANCELED. */
static int wait_for(struct kept *kept, const struct credentials_patience *patience, struct error *error)
{
    kept->users++;
    pthread_mutex_unlock(&lock);
    int result = patience_wait(kept->found_fd, patience->until_us, patience->cancel_fd);
    pthread_mutex_lock(&lock);
    kept->users--;
    if (result < 0)
        error_set(error, result, "AWS credentials: %s",
                  result == -ETIMEDOUT ? "not fetched in time" : "cancelled");
    return result < 0 ? result : 1;
}

/* Looks once; 1: look again. With the lock held. */
static int look(struct kept *kept, const struct shared_stamp *now,
                const struct credentials_patience *patience, struct finding *ret_finding, struct error *error)
{
    if (still_serve(kept) && (kept->searching || !is_due(kept, now)))
        return copy_out(kept, ret_finding, error);
    if (kept->searching)
        return wait_for(kept, patience, error);
    if (!still_serve(kept) && has_just_failed(kept, now))
        return error_set(error, kept->failure, "%s", kept->problem.message);
    return lead(kept, now, patience, ret_finding, error);
}

/* What is kept, refreshed once for all who ask. */
static int get(bool of_region, const char *profile, const struct credentials_patience *patience,
               struct finding *ret_finding, struct error *error)
{
    int result = 1;
    while (result > 0) {
        struct shared_stamp now = {0};
        if (!of_region)
            shared_stamp_take(&now);
        if (error)
            error->message[0] = '\0';
        pthread_mutex_lock(&lock);
        struct kept *kept = find_or_add(of_region, profile);
        result = kept ? look(kept, &now, patience, ret_finding, error)
                      : error_set(error, -EMFILE, "out of memory or file descriptors while %s",
                                  of_region ? "asking for the region" : "fetching AWS credentials");
        pthread_mutex_unlock(&lock);
    }
    return result;
}

int credentials_get(const char *profile, const struct credentials_patience *patience,
                    struct aws_credentials *ret_credentials, struct error *error)
{
    struct finding finding = {0};
    int result = get(false, profile, patience, &finding, error);
    if (result == 0)
        *ret_credentials = finding.credentials;
    return result;
}

void credentials_reject(const char *profile, const struct aws_credentials *used)
{
    pthread_mutex_lock(&lock);
    struct kept *kept = find(false, profile);
    if (kept && is_same(kept->finding.credentials.access_key_id, used->access_key_id) &&
        is_same(kept->finding.credentials.secret_access_key, used->secret_access_key) &&
        is_same(kept->finding.credentials.session_token, used->session_token))
        kept->rejected = true;
    pthread_mutex_unlock(&lock);
}

void credentials_forget(void)
{
    pthread_mutex_lock(&lock);
    generation++;
    for (struct kept **at = &all_kept; *at;) {
        struct kept *kept = *at;
        finding_free(&kept->finding);
        kept->failure = 0;
        kept->failures = 0;
        kept->rejected = false;
        if (kept->users > 0) {
            at = &kept->next;
            continue;
        }
        *at = kept->next;
        kept_free(kept);
    }
    pthread_mutex_unlock(&lock);
}

static int region_of_instance(const struct credentials_patience *patience, char **ret_region,
                              struct error *error)
{
    struct finding finding = {0};
    struct error why = {0};
    int result = get(true, NULL, patience, &finding, &why);
    if (result < 0)
        return error_set(error, result,
                         "no region: not in the configuration, AWS_REGION or the profile (%.200s)",
                         why.message);
    *ret_region = finding.region;
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
