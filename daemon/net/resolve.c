#include "net/resolve.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>

enum { RESOLVER_STACK_BYTES = 256 * 1024 };

/* getaddrinfo can't be cancelled, so it gets a thread and the question outlives its asker: the last of the
 * two to let go frees it. */
struct question {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    unsigned refs;
    bool done;
    char *host;
    enum ip_family family;
    int error; /* EAI_… */
    int system_error;
    struct addresses addresses;
};

static void question_unref(struct question *question)
{
    pthread_mutex_lock(&question->lock);
    bool last = --question->refs == 0;
    pthread_mutex_unlock(&question->lock);
    if (!last)
        return;
    pthread_cond_destroy(&question->answered);
    pthread_mutex_destroy(&question->lock);
    free(question->host);
    free(question);
}

static struct question *question_new(const char *host, enum ip_family family)
{
    struct question *question = calloc(1, sizeof *question);
    char *copy = strdup(host);
    if (!question || !copy) {
        free(question);
        free(copy);
        return NULL;
    }
    question->host = copy;
    question->family = family;
    question->refs = 2;
    pthread_mutex_init(&question->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&question->answered, &attributes);
    pthread_condattr_destroy(&attributes);
    return question;
}

static void add_address(struct addresses *addresses, const struct addrinfo *info)
{
    char text[RESOLVE_ADDRESS_TEXT];
    if (addresses->n == RESOLVE_ADDRESSES_MAX ||
        getnameinfo(info->ai_addr, info->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0)
        return;
    for (size_t i = 0; i < addresses->n; i++)
        if (strcmp(addresses->text[i], text) == 0)
            return;
    memcpy(addresses->text[addresses->n++], text, sizeof text);
}

static void *ask(void *argument)
{
    struct question *question = argument;
    static const int families[] = {
        [IP_FAMILY_ANY] = AF_UNSPEC, [IP_FAMILY_4] = AF_INET, [IP_FAMILY_6] = AF_INET6};
    struct addrinfo hints = {.ai_family = families[question->family], .ai_socktype = SOCK_STREAM};
    struct addrinfo *infos = NULL;
    struct addresses found = {0};
    int error = getaddrinfo(question->host, NULL, &hints, &infos);
    int system_error = errno;
    for (const struct addrinfo *info = infos; error == 0 && info; info = info->ai_next)
        add_address(&found, info);
    if (infos)
        freeaddrinfo(infos);
    pthread_mutex_lock(&question->lock);
    question->error = error;
    question->system_error = system_error;
    question->addresses = found;
    question->done = true;
    pthread_cond_signal(&question->answered);
    pthread_mutex_unlock(&question->lock);
    question_unref(question);
    return NULL;
}

static int start_thread(struct question *question)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, RESOLVER_STACK_BYTES);
    pthread_t thread;
    int result = pthread_create(&thread, &attributes, ask, question);
    pthread_attr_destroy(&attributes);
    return -result;
}

static int wait_for_answer(struct question *question, uint64_t deadline_us, struct addresses *ret_addresses,
                           struct error *error)
{
    struct timespec until = {.tv_sec = (time_t)(deadline_us / US_PER_S),
                             .tv_nsec = (long)(deadline_us % US_PER_S * NS_PER_US)};
    int waited = 0;
    int result = 0;
    pthread_mutex_lock(&question->lock);
    while (!question->done && waited == 0)
        waited = pthread_cond_timedwait(&question->answered, &question->lock, &until);
    if (!question->done)
        result = error_set(error, -ETIMEDOUT, "the resolver did not answer for %s in time", question->host);
    else if (question->error != 0)
        result = error_set(error, -ENOENT, "cannot resolve %s: %s", question->host,
                           question->error == EAI_SYSTEM ? strerror(question->system_error)
                                                         : gai_strerror(question->error));
    else if (question->addresses.n == 0)
        result = error_set(error, -ENOENT, "cannot resolve %s: no address", question->host);
    else
        *ret_addresses = question->addresses;
    pthread_mutex_unlock(&question->lock);
    return result;
}

int resolve_host(const char *host, enum ip_family family, uint64_t deadline_us,
                 struct addresses *ret_addresses, struct error *error)
{
    struct question *question = question_new(host, family);
    if (!question)
        return error_set(error, -ENOMEM, "cannot resolve %s: out of memory", host);
    int result = start_thread(question);
    if (result < 0) {
        question_unref(question); /* the thread's share */
        question_unref(question);
        return error_set(error, -EAGAIN, "cannot resolve %s: no thread for the resolver: %s", host,
                         strerror(-result));
    }
    result = wait_for_answer(question, deadline_us, ret_addresses, error);
    question_unref(question);
    return result;
}

static bool is_numeric(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static int take_parts(CURLU *parts, struct target *target)
{
    char *scheme = NULL, *host = NULL, *port = NULL;
    int result = curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
                         curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
                         curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK
                     ? -EINVAL
                     : 0;
    if (result == 0) {
        size_t length = strlen(host);
        bool bracketed = length > 2 && host[0] == '[';
        target->host = bracketed ? strndup(host + 1, length - 2) : strdup(host);
        target->port = (unsigned)strtoul(port, NULL, 10);
        target->tls = strcmp(scheme, "https") == 0;
        result = target->host ? 0 : -ENOMEM;
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    return result;
}

int target_parse(const char *url, struct target *ret_target, struct error *error)
{
    struct target target = {0};
    CURLU *parts = curl_url();
    if (!parts)
        return error_set(error, -ENOMEM, "out of memory");
    CURLUcode code = curl_url_set(parts, CURLUPART_URL, url, CURLU_PATH_AS_IS);
    int result = code == CURLUE_OK ? take_parts(parts, &target) : -EINVAL;
    curl_url_cleanup(parts);
    if (result < 0)
        return error_set(error, result, "not a usable URL: %s", curl_url_strerror(code));
    target.is_address = is_numeric(target.host);
    *ret_target = target;
    return 0;
}

void target_free(struct target *target)
{
    free(target->host);
    *target = (struct target){0};
}

const char *resolve_proxy_variable(bool tls)
{
    static const char *const for_tls[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    /* HTTP_PROXY in capitals is not read: a CGI request's Proxy header would set it (libcurl's rule). */
    static const char *const for_plain[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    const char *const *names = tls ? for_tls : for_plain;
    size_t n = tls ? COUNT_OF(for_tls) : COUNT_OF(for_plain);
    for (size_t i = 0; i < n; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return names[i];
    }
    return NULL;
}
