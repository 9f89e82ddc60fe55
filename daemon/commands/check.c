#include "aws/offline.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/file.h"
#include "base/text.h"
#include "commands/check_online.h"
#include "commands/commands.h"
#include "commands/load.h"
#include "decide/advice.h"
#include "plan/limits.h"
#include "plan/partition.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define SHORT_US (30 * US_PER_S)
#define LONG_US (UINT64_C(15) * 60 * US_PER_S) /* no idle instance has been seen to live that long */

/* Only the hard limit counts: `run` raises the soft one. The service's limit may differ from this shell's. */
static void warn_of_limit(const struct plan *plan)
{
    struct rlimit limit;
    uint64_t needed = plan_descriptors_needed(plan);
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max == RLIM_INFINITY || needed <= limit.rlim_max)
        return;
    fprintf(stderr,
            "%s: warning: this needs up to %" PRIu64 " file descriptors, but the limit here is %" PRIu64
            " (LimitNOFILE= in the unit, ulimit -Hn in a shell)\n",
            plan->path, needed, (uint64_t)limit.rlim_max);
}

/* This shell's limits don't matter here, only what the unit allows by itself. */
static void suggest_drop_in(const struct plan *plan)
{
    uint64_t descriptors = plan_descriptors_needed(plan), bytes = plan_memory_needed(plan);
    if (descriptors <= UNIT_DESCRIPTORS && bytes <= UNIT_MEMORY_BYTES)
        return;
    fprintf(
        stderr,
        "%s: warning: this may need more than the unit allows; run `systemctl edit lambda-warmd` and add:\n"
        "[Service]\n",
        plan->path);
    if (descriptors > UNIT_DESCRIPTORS)
        fprintf(stderr, "LimitNOFILE=%" PRIu64 "\n", descriptors);
    if (bytes > UNIT_MEMORY_BYTES)
        fprintf(stderr, "MemoryMax=%" PRIu64 "M\n", (bytes + (1 << 20) - 1) >> 20);
}

static void warn_of_holds(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        const struct endpoint *endpoint = &plan->endpoints[i];
        uint64_t wanted_us = endpoint->enabled ? endpoint_hold_wanted_us(endpoint) : 0;
        if (wanted_us)
            say_warning(endpoint,
                        "%" PRIu32 " requests over HTTP/1.1 are released one by one, which takes longer than "
                        "the hold: set hold to %" PRIu64 "ms or more, or use HTTP/2",
                        endpoint_most_warm(endpoint), wanted_us / US_PER_MS);
    }
}

/* An endpoint whose own budget never lets a round begin would be silent. */
static void warn_of_budgets(const struct plan *plan)
{
    char said[ADVICE_MAX];
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        const struct endpoint *endpoint = &plan->endpoints[i];
        struct prices prices = prices_of_endpoint(endpoint, &plan->daemon.prices);
        if (*advice_budget(endpoint, &prices, said))
            say_warning(endpoint, "%s", said);
    }
}

static int compare(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static void check_interval(const struct endpoint *endpoint)
{
    char text[DURATION_TEXT_MAX];
    uint64_t us = endpoint->interval_us;
    if (endpoint->interval_auto)
        return;
    if (us < SHORT_US && us >= US_PER_S && us % US_PER_S == 0)
        say_warning(endpoint,
                    "an interval of %s is very short: idle instances live for minutes (did you mean "
                    "\"%" PRIu64 "min\"?)",
                    duration_format(us, text), us / US_PER_S);
    else if (us < SHORT_US)
        say_warning(endpoint, "an interval of %s is very short: idle instances live for minutes",
                    duration_format(us, text));
    else if (us > LONG_US)
        say_warning(
            endpoint,
            "an interval of %s is too long: AWS ends idle instances after 5 to 10 minutes, so most will be "
            "cold in each round",
            duration_format(us, text));
}

static void check_method(const struct endpoint *endpoint)
{
    static const char *const changing[] = {"DELETE", "PUT", "PATCH"};
    for (size_t i = 0; endpoint->url && i < COUNT_OF(changing); i++)
        if (strcasecmp(endpoint->method, changing[i]) == 0)
            say_warning(endpoint, "%s may change data if the handler does not recognise a warming request",
                        changing[i]);
}

/* Whether PATH can be read and contains no PEM of this KIND. */
static bool lacks_pem(const char *path, const char *kind)
{
    CLEANUP_FILE struct file file = {0};
    return file_read(path, &file) == 0 && !strstr(file.bytes, kind);
}

static void check_certificates(const struct endpoint *endpoint, const char *key, const char *path,
                               const char *before)
{
    if (path && compare(path, before) != 0 && lacks_pem(path, "CERTIFICATE-----"))
        say_warning(endpoint, "%s %s has no certificate in PEM (-----BEGIN CERTIFICATE-----)", key, path);
}

/* Endpoints often share files, so the files of BEFORE aren't read again. */
static void check_tls(const struct endpoint *endpoint, const struct endpoint *before)
{
    const char *cert = endpoint->client_cert, *key = endpoint->client_key;
    check_certificates(endpoint, "ca_file", endpoint->ca_file, before->ca_file);
    check_certificates(endpoint, "client_cert", cert, before->client_cert);
    if (!cert || (compare(cert, before->client_cert) == 0 && compare(key, before->client_key) == 0))
        return;
    if (key && lacks_pem(key, "PRIVATE KEY-----"))
        say_warning(endpoint, "client_key %s has no private key in PEM", key);
    else if (!key && lacks_pem(cert, "PRIVATE KEY-----"))
        say_warning(endpoint, "client_cert %s has no private key in it, and there is no client_key", cert);
}

static int compare_targets(const struct endpoint *a, const struct endpoint *b)
{
    const char *const first[] = {a->url,     a->function,     a->qualifier, a->region, a->tenant_id,
                                 a->profile, a->endpoint_url, a->method,    a->body};
    const char *const second[] = {b->url,     b->function,     b->qualifier, b->region, b->tenant_id,
                                  b->profile, b->endpoint_url, b->method,    b->body};
    int result = 0;
    for (size_t i = 0; result == 0 && i < COUNT_OF(first); i++)
        result = compare(first[i], second[i]);
    if (result == 0 && a->n_headers != b->n_headers)
        return a->n_headers < b->n_headers ? -1 : 1;
    for (size_t i = 0; result == 0 && i < a->n_headers; i++)
        result = strcmp(a->headers[i], b->headers[i]);
    return result;
}

/* Puts the same targets next to each other, in the order of the files. */
static int by_target(const void *a, const void *b)
{
    const struct endpoint *first = *(const struct endpoint *const *)a,
                          *second = *(const struct endpoint *const *)b;
    int result = compare_targets(first, second);
    return result ? result : (first > second) - (first < second);
}

static void check_targets(const struct plan *plan)
{
    CLEANUP_FREE const struct endpoint **sorted = calloc(plan->n_endpoints + 1, sizeof *sorted);
    size_t n = 0;
    for (size_t i = 0; sorted && i < plan->n_endpoints; i++)
        if (plan->endpoints[i].enabled)
            sorted[n++] = &plan->endpoints[i];
    if (n > 1)
        qsort(sorted, n, sizeof *sorted, by_target);
    for (size_t i = 1; i < n; i++)
        if (compare_targets(sorted[i - 1], sorted[i]) == 0)
            say_warning(
                sorted[i],
                "makes the same call as %s (%s:%u): both warm the same instances, and you pay for both",
                sorted[i - 1]->name, sorted[i - 1]->source_file, sorted[i - 1]->source_line);
}

/* What this machine and this user know */

enum { READ_BY_OTHERS = S_IROTH, LIST_BY_OTHERS = S_IROTH | S_IXOTH };

/* Whether others have all of the rights in MODE. True if there is no such file. */
static bool others_may(const char *path, mode_t mode)
{
    struct stat info;
    return stat(path, &info) < 0 || (info.st_mode & mode) == mode;
}

static void check_readable(const char *path, mode_t mode, const char *what, const char *change)
{
    if (!others_may(path, mode))
        fprintf(stderr,
                "%s: warning: the service can't read this %s: it runs as another user (chmod %s %s)\n", path,
                what, change, path);
}

/* Checks a file that KEY of the endpoint names. A private key is better readable by nobody else: systemd can
 * hand it over. */
static void check_named(const struct endpoint *endpoint, const char *key, const char *path)
{
    const char *secrets = getenv("CREDENTIALS_DIRECTORY");
    if (!path || (secrets && *secrets && text_starts_with(path, secrets)) || others_may(path, READ_BY_OTHERS))
        return;
    CLEANUP_FREE char *folder = path[0] == '/' ? NULL : getcwd(NULL, 0); /* units need absolute paths */
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    say_warning(endpoint,
                "the service can't read %s %s: it runs as another user (LoadCredential=%s:%s%s%s "
                "in the unit and %s = \"credential:%s\"; or chmod o+r, if it is not a secret)",
                key, path, name, folder ? folder : "", folder ? "/" : "", path, key, name);
}

/* If run as root, warns about each file of the configuration, or named in it, that only root may read: the
 * service runs as another user. */
static void check_access(const struct plan *plan)
{
    if (geteuid() != 0)
        return;
    for (size_t i = 0; i < plan->n_files; i++)
        check_readable(plan->files[i], READ_BY_OTHERS, "file", "o+r");
    CLEANUP_FREE char *directory = file_beside(plan->path, "conf.d");
    if (directory)
        check_readable(directory, LIST_BY_OTHERS, "folder", "o+rx");
    if (text_starts_with(plan->path, WARMD_SYSCONFDIR "/lambda-warmd/"))
        check_readable(WARMD_SYSCONFDIR "/lambda-warmd", LIST_BY_OTHERS, "folder", "o+rx");
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        const struct endpoint *endpoint = &plan->endpoints[i];
        if (!endpoint->enabled)
            continue;
        check_named(endpoint, "ca_file", endpoint->ca_file);
        check_named(endpoint, "client_cert", endpoint->client_cert);
        check_named(endpoint, "client_key", endpoint->client_key);
    }
}

/* Whether an endpoint needs what the caller looks for. */
typedef bool needs_it(const struct endpoint *endpoint);

static bool is_signed(const struct endpoint *endpoint)
{
    return endpoint->enabled && endpoint->auth == AUTH_SIGV4;
}

static bool needs_region(const struct endpoint *endpoint)
{
    return is_signed(endpoint) && !endpoint->region;
}

/* Whether endpoint number I is the first with its profile and this need. */
static bool is_first(const struct plan *plan, size_t i, needs_it *needs)
{
    const struct endpoint *endpoint = &plan->endpoints[i];
    if (!needs(endpoint))
        return false;
    for (size_t j = 0; j < i; j++)
        if (needs(&plan->endpoints[j]) && compare(plan->endpoints[j].profile, endpoint->profile) == 0)
            return false;
    return true;
}

static size_t count_others(const struct plan *plan, size_t first, needs_it *needs)
{
    size_t n = 0;
    for (size_t i = first + 1; i < plan->n_endpoints; i++)
        n += needs(&plan->endpoints[i]) &&
             compare(plan->endpoints[i].profile, plan->endpoints[first].profile) == 0;
    return n;
}

static void warn(const struct plan *plan, size_t i, needs_it *needs, const char *what, const char *why,
                 const char *remedy)
{
    const struct endpoint *endpoint = &plan->endpoints[i];
    char others[48] = "";
    size_t n = count_others(plan, i, needs);
    if (n)
        snprintf(others, sizeof others, " and %zu more", n);
    fprintf(stderr, "%s:%u: warning: %s%s: %s (%s)%s\n", endpoint->source_file, endpoint->source_line,
            endpoint->name, others, what, why, remedy);
}

static void check_credentials(const struct plan *plan, size_t i)
{
    struct error why = {0};
    int result = credentials_are_known(plan->endpoints[i].profile, &why);
    if (result <= 0)
        warn(plan, i, is_signed,
             result < 0 ? "no AWS credentials are available here" : "no AWS credentials were found here",
             why.message, "; the service may get others from LoadCredential=aws:FILE");
}

static void check_region(const struct plan *plan, size_t i)
{
    struct error why = {0};
    CLEANUP_FREE char *region = NULL;
    int result = region_is_known(plan->endpoints[i].profile, &region, &why);
    if (result <= 0) {
        warn(plan, i, needs_region, "no region was found here", why.message, "; set region = \"…\"");
        return;
    }
    if (!region || !is_region(region) || region_is_plausible(region))
        return; /* text that can't be a region is refused when it is used */
    const char *near = region_suggestion(region);
    char hint[96] = "no region has a similar name", said[128];
    if (near)
        snprintf(hint, sizeof hint, "did you mean \"%s\"?", near);
    snprintf(said, sizeof said, "AWS has no region '%s', which AWS_REGION or the profile sets", region);
    warn(plan, i, needs_region, said, hint, "");
}

/* Warns, once for each profile, where enabled endpoints are signed and no credentials, or no region, are set
 * up here. Asks nobody. */
static void check_aws(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        if (is_first(plan, i, needs_region))
            check_region(plan, i);
        if (is_first(plan, i, is_signed))
            check_credentials(plan, i);
    }
}

static void check_plan(const struct plan *plan)
{
    static const struct endpoint none;
    const struct endpoint *before = &none;
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        const struct endpoint *endpoint = &plan->endpoints[i];
        if (!endpoint->enabled)
            continue;
        check_interval(endpoint);
        check_method(endpoint);
        check_tls(endpoint, before);
        before = endpoint;
    }
    check_targets(plan);
}

/* Prints the last line; if AWS refuses a function, it isn't OK. */
static int conclude(const char *path, const struct plan *plan, bool online)
{
    size_t asked = 0, failed = 0, disabled = plan->n_endpoints - plan_enabled(plan);
    int code = online ? check_online(plan, &asked, &failed) : EXIT_DONE;
    size_t enabled = plan_enabled(plan);
    uint64_t instances = plan_instances(plan);
    printf("%s: %zu endpoint%s, %" PRIu64 " instance%s, ", path, enabled, enabled == 1 ? "" : "s", instances,
           instances == 1 ? "" : "s");
    if (failed)
        printf("%zu of %zu function%s can't be invoked\n", failed, asked, asked == 1 ? "" : "s");
    else
        printf("OK\n");
    if (disabled > 0)
        fprintf(stderr, "%s: %zu more %s disabled\n", path, disabled, disabled == 1 ? "is" : "are");
    return code;
}

int command_check(const struct arguments *arguments)
{
    CLEANUP(cleanup_plan_unref) struct plan *plan = NULL;
    int code = config_load_or_say(arguments->config_path, &plan);
    if (code != EXIT_DONE)
        return code;
    warn_of_limit(plan);
    suggest_drop_in(plan);
    warn_of_holds(plan);
    warn_of_budgets(plan);
    check_plan(plan);
    check_access(plan);
    if (!arguments->online) /* which finds out */
        check_aws(plan);
    return conclude(arguments->config_path, plan, arguments->online);
}
