#include "commands/check_plan.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/file.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SHORT_US (30 * US_PER_S)
#define LONG_US (UINT64_C(15) * 60 * US_PER_S) /* no idle instance has been seen to live that long */

__attribute__((format(printf, 2, 3))) static void warn(const struct endpoint *endpoint, const char *format,
                                                       ...)
{
    va_list args;
    fprintf(stderr, "%s:%u: warning: %s: ", endpoint->source_file, endpoint->source_line, endpoint->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
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
        warn(endpoint,
             "an interval of %s is very short: idle instances live for minutes (did you mean "
             "\"%" PRIu64 "min\"?)",
             duration_format(us, text), us / US_PER_S);
    else if (us < SHORT_US)
        warn(endpoint, "an interval of %s is very short: idle instances live for minutes",
             duration_format(us, text));
    else if (us > LONG_US)
        warn(endpoint,
             "an interval of %s is too long: AWS ends idle instances after 5 to 10 minutes, so most will be "
             "cold in each round",
             duration_format(us, text));
}

static void check_method(const struct endpoint *endpoint)
{
    static const char *const changing[] = {"DELETE", "PUT", "PATCH"};
    for (size_t i = 0; endpoint->url && i < COUNT_OF(changing); i++)
        if (strcasecmp(endpoint->method, changing[i]) == 0)
            warn(endpoint, "%s may change data if the handler does not recognise a warming request",
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
        warn(endpoint, "%s %s has no certificate in PEM (-----BEGIN CERTIFICATE-----)", key, path);
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
        warn(endpoint, "client_key %s has no private key in PEM", key);
    else if (!key && lacks_pem(cert, "PRIVATE KEY-----"))
        warn(endpoint, "client_cert %s has no private key in it, and there is no client_key", cert);
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
            warn(sorted[i],
                 "makes the same call as %s (%s:%u): both warm the same instances, and you pay for both",
                 sorted[i - 1]->name, sorted[i - 1]->source_file, sorted[i - 1]->source_line);
}

void check_plan(const struct plan *plan)
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
