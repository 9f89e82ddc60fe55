#include "net/resolve.h"

#include "base/clock.h"
#include "base/patience.h"
#include "base/require.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

enum {
    RESOLVER_STACK_BYTES = 256 * 1024,
    /* Later callers join a question younger than this. */
    JOINED_UNTIL_US = 30000000,
    /* At most this many of the same question at a time; beyond that, callers join the youngest, whatever its
     * age. */
    QUESTIONS_MAX = 4,
};

/* getaddrinfo can't be cancelled, so it gets a thread, and the question outlives its callers: the last holder
 * frees it. Open questions are in a list, the youngest first. */
struct question {
    struct question *next;
    char *host;
    enum ip_family family;
    uint64_t asked_us;
    int answered_fd; /* readable once answered */
    unsigned refs;   /* all below is under `lock` */
    int error;       /* EAI_… */
    int system_error;
    struct addresses addresses;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct question *open_questions;

static void question_free(struct question *question)
{
    if (question->answered_fd >= 0)
        close(question->answered_fd);
    free(question->host);
    free(question);
}

static void question_unref(struct question *question)
{
    pthread_mutex_lock(&lock);
    REQUIRE(question->refs > 0);
    bool last = --question->refs == 0;
    pthread_mutex_unlock(&lock);
    if (last)
        question_free(question);
}

/* Makes a question with two references: its caller's and its thread's. */
static int question_new(const char *host, enum ip_family family, struct question **ret_question)
{
    struct question *question = calloc(1, sizeof *question);
    if (!question)
        return -ENOMEM;
    *question = (struct question){.host = strdup(host),
                                  .family = family,
                                  .asked_us = clock_monotonic_us(),
                                  .answered_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                                  .refs = 2};
    int result = !question->host ? -ENOMEM : question->answered_fd < 0 ? -errno : 0;
    if (result < 0)
        question_free(question);
    else
        *ret_question = question;
    return result;
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

/* With the lock held. */
static void forget(const struct question *question)
{
    for (struct question **at = &open_questions; *at; at = &(*at)->next)
        if (*at == question) {
            *at = question->next;
            return;
        }
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
    pthread_mutex_lock(&lock);
    question->error = error;
    question->system_error = system_error;
    question->addresses = found;
    forget(question);
    eventfd_write(question->answered_fd, 1);
    pthread_mutex_unlock(&lock);
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
    return result == 0 ? 0 : -EAGAIN;
}

/* The open question to join; NULL: ask a new one. With the lock held. */
static struct question *find_open(const char *host, enum ip_family family)
{
    struct question *youngest = NULL;
    size_t n = 0;
    for (struct question *at = open_questions; at; at = at->next)
        if (at->family == family && strcmp(at->host, host) == 0) {
            youngest = youngest ? youngest : at;
            n++;
        }
    bool joined =
        youngest && (n >= QUESTIONS_MAX || clock_monotonic_us() - youngest->asked_us < JOINED_UNTIL_US);
    return joined ? youngest : NULL;
}

/* A reference to an open question, joined or new. With the lock held. */
static int ask_or_join(const char *host, enum ip_family family, struct question **ret_question)
{
    struct question *question = find_open(host, family);
    if (question) {
        question->refs++;
        *ret_question = question;
        return 0;
    }
    int result = question_new(host, family, &question);
    if (result < 0)
        return result;
    result = start_thread(question);
    if (result < 0) {
        question_free(question);
        return result;
    }
    question->next = open_questions;
    open_questions = question;
    *ret_question = question;
    return 0;
}

static int take_answer(const struct question *question, struct addresses *ret_addresses, struct error *error)
{
    if (question->error != 0)
        return error_set(error, -ENOENT, "cannot resolve %s: %s", question->host,
                         question->error == EAI_SYSTEM ? strerror(question->system_error)
                                                       : gai_strerror(question->error));
    if (question->addresses.n == 0)
        return error_set(error, -ENOENT, "cannot resolve %s: no address", question->host);
    *ret_addresses = question->addresses;
    return 0;
}

/* Asks for HOST, or joins who asks already. */
static int resolve_name(const char *host, const struct resolve_wish *wish, struct addresses *ret_addresses,
                        struct error *error)
{
    struct question *question = NULL;
    pthread_mutex_lock(&lock);
    int result = ask_or_join(host, wish->family, &question);
    pthread_mutex_unlock(&lock);
    if (result < 0)
        return error_set(error, result, "cannot resolve %s: %s%s", host,
                         result == -EAGAIN ? "no thread for the resolver: " : "", strerror(-result));
    result = patience_wait(question->answered_fd, wish->until_us, wish->cancel_fd);
    if (result == -ETIMEDOUT)
        error_set(error, result, "the resolver did not answer for %s in time", host);
    else if (result == 0) {
        pthread_mutex_lock(&lock);
        result = take_answer(question, ret_addresses, error);
        pthread_mutex_unlock(&lock);
    }
    question_unref(question);
    return result;
}

int resolve_target(const struct target *target, const struct resolve_wish *wish,
                   struct addresses *ret_addresses, struct error *error)
{
    CLEANUP_FREE char *absolute = NULL;
    if (target->is_address) {
        ret_addresses->n = 1;
        snprintf(ret_addresses->text[0], sizeof ret_addresses->text[0], "%s", target->host);
        return 0;
    }
    if (target->is_absolute && asprintf(&absolute, "%s.", target->host) < 0)
        return error_set(error, -ENOMEM, "out of memory");
    return resolve_name(absolute ? absolute : target->host, wish, ret_addresses, error);
}

bool host_is_address(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

int target_set_host(struct target *target, const char *host)
{
    size_t length = strlen(host);
    bool bracketed = length > 2 && host[0] == '[';
    target->host = bracketed ? strndup(host + 1, length - 2) : strdup(host);
    if (!target->host)
        return -ENOMEM;
    target->is_address = host_is_address(target->host);
    return 0;
}

DEFINE_CLEANUP(char *, curl_free);
DEFINE_CLEANUP(CURLU *, curl_url_cleanup);

static int take_parts(CURLU *parts, struct target *target)
{
    CLEANUP(cleanup_curl_free) char *scheme = NULL, *host = NULL, *port = NULL;
    if (curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return -EINVAL;
    size_t length = strlen(host);
    target->port = (unsigned)strtoul(port, NULL, 10);
    target->tls = strcmp(scheme, "https") == 0;
    target->is_absolute = length > 1 && host[length - 1] == '.';
    if (target->is_absolute)
        host[length - 1] = '\0';
    return target_set_host(target, host);
}

int target_parse(const char *url, struct target *ret_target, struct error *error)
{
    struct target target = {0};
    CLEANUP(cleanup_curl_url_cleanup) CURLU *parts = curl_url();
    if (!parts)
        return error_set(error, -ENOMEM, "out of memory");
    CURLUcode code = curl_url_set(parts, CURLUPART_URL, url, CURLU_PATH_AS_IS);
    int result = code == CURLUE_OK ? take_parts(parts, &target) : -EINVAL;
    if (result < 0)
        return error_set(error, result, "not a usable URL: %s", curl_url_strerror(code));
    *ret_target = target;
    return 0;
}

void target_free(struct target *target)
{
    free(target->host);
    *target = (struct target){0};
}
