#include "volley/message.h"

#include "aws/canonical.h"
#include "aws/credentials_kept.h"
#include "aws/service.h"
#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/redact.h"
#include "base/secret.h"
#include "net/resolve.h"
#include "plan/function_name.h"
#include "plan/syntax.h"
#include "protocol/lambda.h"
#include "volley/hosts.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static int find_region(struct message_setup *setup, const struct endpoint *endpoint,
                       const struct credentials_patience *patience, struct error *error)
{
    if (!endpoint->region) {
        int result = credentials_region(endpoint->profile, patience, &setup->region, error);
        if (result < 0 || is_region(setup->region))
            return result;
        CLEANUP_FREE char *shown = text_escape(setup->region, REGION_MAX);
        return error_set(error, -EINVAL,
                         "'%s', from AWS_REGION or the profile, is not a region such as eu-west-1",
                         shown ? shown : "");
    }
    setup->region = strdup(endpoint->region);
    return setup->region ? 0 : error_set(error, -ENOMEM, "out of memory");
}

static int find_function(struct message_setup *setup, const struct endpoint *endpoint, char **ret_url,
                         struct error *error)
{
    int result = endpoint->endpoint_url ? 0
                                        : service_origin(NULL, endpoint->profile, "lambda", setup->region,
                                                         &setup->origin, error);
    if (result < 0)
        return result;
    result = lambda_url(endpoint, setup->origin, ret_url);
    return result == 0 ? 0 : error_set(error, result, "no URL for function '%s'", endpoint->function);
}

static int find_url(struct message_setup *setup, const struct endpoint *endpoint, struct error *error)
{
    CLEANUP_FREE char *of_function = NULL;
    if (endpoint->function) {
        int result = find_function(setup, endpoint, &of_function, error);
        if (result < 0)
            return result;
    }
    setup->url = url_without_root_dot(of_function ? of_function : endpoint->url, &setup->is_absolute);
    return setup->url ? 0 : error_set(error, -ENOMEM, "out of memory");
}

static void recall_clock(struct message_setup *setup)
{
    CLEANUP_TARGET struct target target = {0};
    if (target_parse(setup->url, &target, NULL) == 0)
        setup->clock_offset_us = hosts_recall(target.host, target.port).clock_offset_us;
}

static void collect_secrets(struct message_setup *setup, const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_secrets; i++)
        redactor_add(&setup->redactor, plan->secrets[i].value);
    redactor_add(&setup->redactor, setup->credentials.secret_access_key);
    redactor_add(&setup->redactor, setup->credentials.session_token);
}

enum cause message_setup_init(struct message_setup *setup, const struct plan *plan,
                              const struct endpoint *endpoint, const struct credentials_patience *patience,
                              struct error *error)
{
    bool is_signed = endpoint->auth == AUTH_SIGV4;
    int result = 0;
    if (is_signed || (endpoint->function && !endpoint->endpoint_url))
        result = find_region(setup, endpoint, patience, error);
    if (result == 0)
        result = find_url(setup, endpoint, error);
    if (result == 0 && is_signed) {
        recall_clock(setup);
        result = credentials_get(endpoint->profile, patience, &setup->credentials, error);
    }
    collect_secrets(setup, plan);
    return result == 0 ? CAUSE_NONE : cause_of_errno(-result, STAGE_CREDENTIALS);
}

void message_setup_free(struct message_setup *setup)
{
    aws_credentials_free(&setup->credentials);
    redactor_free(&setup->redactor);
    free(setup->region);
    free(setup->origin);
    free(setup->url);
    *setup = (struct message_setup){0};
}

void message_take_answer(const struct volley *volley, const struct message_setup *setup,
                         struct answer *answer, struct sample *sample, uint64_t now_ns)
{
    sample->end_ns = now_ns;
    volley_count_answered(volley);
    answer_finish(answer, volley->endpoint, &setup->redactor, clock_real_us(), sample);
    if (!sample->release_ns && sample->outcome == OUTCOME_OK)
        sample_fail(sample, CAUSE_PROTOCOL, "answered before the request was complete", now_ns);
}

void message_redact(const struct message_setup *setup, struct sample *sample)
{
    char *const texts[] = {sample->instance, sample->unnamed, sample->detail, sample->version};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        redactor_apply(&setup->redactor, texts[i]);
}

enum resend message_learn(const struct endpoint *endpoint, const struct message_setup *setup,
                          const struct sample *sample)
{
    CLEANUP_TARGET struct target target = {0};
    if (sample->cause == CAUSE_EXPIRED_TOKEN) {
        credentials_reject(endpoint->profile, &setup->credentials);
        return RESEND_EXPIRED;
    }
    if (sample->cause != CAUSE_CLOCK_SKEW || sample->clock_offset_us == 0 ||
        target_parse(setup->url, &target, NULL) < 0)
        return RESEND_NOT;
    hosts_remember_clock_offset(target.host, target.port, sample->clock_offset_us);
    return RESEND_CLOCK;
}

/* A URL's parts, which point into it. */
struct url_parts {
    const char *authority, *path, *query; /* query: after the "?"; NULL: none */
    size_t n_authority, n_path;
};

static struct url_parts split_url(const char *url)
{
    const char *authority = strstr(url, "://") + strlen("://");
    size_t n_authority = strcspn(authority, "/?#");
    const char *path = authority + n_authority;
    size_t n_path = strcspn(path, "?#");
    return (struct url_parts){.authority = authority,
                              .n_authority = n_authority,
                              .path = path,
                              .n_path = n_path,
                              .query = path[n_path] == '?' ? path + n_path + 1 : NULL};
}

/* Rewrites the URL so that its bytes can mean only one thing: a query in the one encoding, and no byte in the
 * path that a library or a proxy would encode on the way. */
static int rewrite_url(struct request *request)
{
    CLEANUP_SECRET_TEXT struct text url = {0};
    struct url_parts parts = split_url(request->url);
    text_reserve(&url, 3 * strlen(request->url) + 2);
    text_add_bytes(&url, request->url, (size_t)(parts.path - request->url));
    percent_encode(parts.path, parts.n_path, "%/:@!$&'()*+,;=", &url);
    if (parts.query && *parts.query) {
        text_add(&url, "?");
        canonical_query_to_send(parts.query, &url);
    }
    char *rewritten = text_take(&url);
    if (!rewritten)
        return -ENOMEM;
    secret_free(request->url);
    request->url = rewritten;
    return 0;
}

/* "https://host?x=1" asks for "/?x=1" (RFC 9112, 3.2.1), whatever an engine would make of it. */
static int add_root(struct request *request)
{
    struct url_parts parts = split_url(request->url);
    char *rooted = NULL;
    if (parts.n_path)
        return 0;
    if (asprintf(&rooted, "%.*s/%s", (int)(parts.path - request->url), request->url, parts.path) < 0)
        return -ENOMEM;
    secret_free(request->url);
    request->url = rooted;
    return 0;
}

/* Makes room for MORE headers. */
static bool reserve_headers(struct request *request, size_t more)
{
    char **longer = reallocarray(request->headers, request->n_headers + more, sizeof *longer);
    if (longer)
        request->headers = longer;
    return longer != NULL;
}

/* The host is signed, so we send it as signed, whatever the engine would make of the URL. */
static int add_host(struct request *request)
{
    struct url_parts parts = split_url(request->url);
    char *host = NULL;
    if (headers_have(request->headers, request->n_headers, "Host"))
        return 0;
    if (asprintf(&host, "Host: %.*s", (int)parts.n_authority, parts.authority) < 0)
        return -ENOMEM;
    request->headers[request->n_headers++] = host;
    return 0;
}

int message_sign(const struct endpoint *endpoint, const struct message_setup *setup, struct request *request)
{
    struct sigv4_signature signature = {0};
    if (add_root(request) < 0 || rewrite_url(request) < 0)
        return -ENOMEM;
    if (!reserve_headers(request, SIGV4_HEADERS_MAX + 1) || add_host(request) < 0)
        return -ENOMEM;
    struct url_parts parts = split_url(request->url);
    CLEANUP_SECRET char *path = strndup(parts.path, parts.n_path);
    if (!path)
        return -ENOMEM;
    struct sigv4_message message = {.method = request->method,
                                    .path = path,
                                    .query = parts.query,
                                    .headers = (const char *const *)request->headers,
                                    .n_headers = request->n_headers,
                                    .body = request->body,
                                    .body_length = request->body_length};
    struct sigv4_scope scope = {.region = setup->region,
                                .service = endpoint->service,
                                .now_us = clock_real_us() + (uint64_t)setup->clock_offset_us};
    int result = sigv4_sign(&message, &setup->credentials, &scope, &signature);
    for (size_t i = 0; result == 0 && i < signature.n_headers; i++) {
        request->headers[request->n_headers++] = signature.headers[i];
        signature.headers[i] = NULL;
    }
    return result;
}

static int make(const struct volley *volley, const struct message_setup *setup, uint32_t index,
                struct request *request, struct error *error)
{
    struct request_values values = {.plan = volley->plan,
                                    .url = setup->url,
                                    .round_id = volley->round_id,
                                    .index = index,
                                    .count = (uint32_t)volley->n_samples,
                                    .hold_us = volley->attempt.hold_us};
    int result = request_render(volley->endpoint, &values, request, error);
    if (result < 0)
        return result;
    result = volley->endpoint->auth == AUTH_SIGV4 ? message_sign(volley->endpoint, setup, request)
                                                  : add_root(request);
    return result == 0 ? 0 : error_set(error, result, "the request can't be built: %s", strerror(-result));
}

bool message_make(const struct volley *volley, const struct message_setup *setup, struct sample *sample,
                  struct request *ret_request)
{
    struct request request = {0};
    struct error error = {0};
    int result = make(volley, setup, sample->index, &request, &error);
    if (result < 0) {
        request_free(&request);
        sample_fail(sample, cause_of_errno(-result, STAGE_REQUEST), error.message, clock_monotonic_ns());
        return false;
    }
    *ret_request = request;
    return true;
}
