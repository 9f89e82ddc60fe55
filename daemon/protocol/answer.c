#include "protocol/answer.h"

#include "base/json.h"
#include "base/timestamp.h"
#include "plan/partition.h"
#include "protocol/identity.h"
#include "protocol/log_tail.h"
#include "protocol/refusal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

enum {
    STATUS_THROTTLED = 429,
    VERSION_MAX = 64,
    SAID_MAX = 16 << 10, /* bytes of an error's text: AWS's is below one KB, some KB with a stack trace */
};

static const char *const header_names[ANSWER_N_HEADERS] = {
    [ANSWER_FUNCTION_ERROR] = "X-Amz-Function-Error",
    [ANSWER_ERROR_TYPE] = "x-amzn-ErrorType",
    [ANSWER_LOG_RESULT] = "X-Amz-Log-Result",
    [ANSWER_VERSION] = "X-Amz-Executed-Version",
    [ANSWER_REQUEST_ID] = "x-amzn-RequestId",
    [ANSWER_DATE] = "Date",
    [ANSWER_LOCATION] = "Location",
    [ANSWER_AGE] = "Age",
    [ANSWER_CACHE] = "X-Cache",
    [ANSWER_CACHE_STATUS] = "Cache-Status",
    [ANSWER_CF_CACHE_STATUS] = "CF-Cache-Status",
    [ANSWER_WEB_REQUEST_ID] = "lambda-web-request-id",
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The value as a new string if LINE is the header NAME and its value is not empty, else NULL. */
static char *header_value(const char *name, const char *line, size_t length)
{
    size_t name_length = strlen(name);
    if (length <= name_length || line[name_length] != ':' || strncasecmp(line, name, name_length) != 0)
        return NULL;
    const char *start = line + name_length + 1;
    const char *end = line + length;
    while (start < end && is_space(*start))
        start++;
    while (end > start && is_space(end[-1]))
        end--;
    size_t value_length = (size_t)(end - start);
    return value_length ? strndup(start, value_length) : NULL;
}

static void replace(char **held, char *value)
{
    free(*held);
    *held = value;
}

static const char *name_of(size_t header, const struct endpoint *endpoint)
{
    return header == ANSWER_INSTANCE ? identity_header(&endpoint->instance, "X-Lambda-Instance")
           : header == ANSWER_COLD   ? identity_header(&endpoint->cold, "X-Lambda-Cold")
                                     : header_names[header];
}

void answer_take_header(struct answer *answer, const struct endpoint *endpoint, const char *line,
                        size_t length)
{
    for (size_t i = 0; i < ANSWER_N_HEADERS; i++) {
        const char *name = name_of(i, endpoint);
        char *value = name ? header_value(name, line, length) : NULL;
        if (value)
            replace(&answer->headers[i], value);
    }
}

static void forget_headers(struct answer *answer)
{
    for (size_t i = 0; i < ANSWER_N_HEADERS; i++)
        replace(&answer->headers[i], NULL);
}

void answer_begin(struct answer *answer, int status)
{
    forget_headers(answer);
    answer->status = status;
}

static bool is_expected(const struct endpoint *endpoint, int status)
{
    for (size_t i = 0; i < endpoint->n_expect; i++)
        if (status >= endpoint->expect[i].low && status <= endpoint->expect[i].high)
            return true;
    return false;
}

/* With Invoke, the headers that an HTTP client would see are in the payload. */
static bool is_in_body(const struct endpoint *endpoint, const struct extract *extract)
{
    return extract->kind == EXTRACT_JSON || extract->kind == EXTRACT_ANY ||
           (endpoint->function && extract->kind == EXTRACT_HEADER);
}

/* How much of a body is worth keeping: memory for ten thousand of them adds up. */
static size_t kept_most(const struct answer *answer, const struct endpoint *endpoint)
{
    bool says_why = answer->headers[ANSWER_FUNCTION_ERROR] || !is_expected(endpoint, answer->status);
    bool says_who = is_in_body(endpoint, &endpoint->instance) || is_in_body(endpoint, &endpoint->cold);
    return says_who                              ? endpoint->max_body_bytes
           : !says_why                           ? 0
           : endpoint->max_body_bytes < SAID_MAX ? endpoint->max_body_bytes
                                                 : SAID_MAX;
}

bool answer_take_body(struct answer *answer, const struct endpoint *endpoint, const char *bytes,
                      size_t length)
{
    size_t most = kept_most(answer, endpoint), kept = answer->body.length;
    answer->length += length;
    if (kept < most)
        text_add_bytes(&answer->body, bytes, length < most - kept ? length : most - kept);
    return answer->length <= ANSWER_LENGTH_MAX;
}

static void fail(struct sample *sample, enum outcome outcome, enum cause cause, char *detail)
{
    sample->outcome = outcome;
    sample->cause = cause;
    replace(&sample->detail, detail);
}

static bool is_positive(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits && strspn(text, "0") < digits;
}

/* Is "hit" a word of TEXT? TCP_HIT counts. */
static bool has_hit(const char *text)
{
    for (const char *at = text; (at = strcasestr(at, "hit")); at++) {
        bool begins = at == text || strchr(" ,;_", at[-1]);
        bool ends = at[3] == '\0' || strchr(" ,;", at[3]);
        if (begins && ends)
            return true;
    }
    return false;
}

static bool is_kept_copy(const char *text)
{
    return strcasecmp(text, "HIT") == 0 || strcasecmp(text, "STALE") == 0 ||
           strcasecmp(text, "UPDATING") == 0;
}

/* Did a cache answer, with no instance behind it? One that asked whether its copy is still good
 * ("RefreshHit", REVALIDATED) did ask an instance. */
static bool judge_cached(const struct answer *answer, const struct redactor *redactor, struct sample *sample)
{
    static const struct {
        enum answer_header header;
        bool (*says_so)(const char *);
    } signs[] = {{ANSWER_CACHE, has_hit}, /* CloudFront's, Fastly's: "Hit from cloudfront", "MISS, HIT" */
                 {ANSWER_CF_CACHE_STATUS, is_kept_copy}, /* Cloudflare's: HIT, STALE, UPDATING */
                 {ANSWER_CACHE_STATUS, has_hit},         /* RFC 9211: "Cache; hit" */
                 {ANSWER_AGE, is_positive}};             /* RFC 9111, 5.1 */
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        const char *value = answer->headers[signs[i].header];
        CLEANUP_TEXT struct text text = {0};
        if (!value || !signs[i].says_so(value))
            continue;
        text_format(&text, "%s: %s", header_names[signs[i].header], value);
        fail(sample, OUTCOME_FAILED, CAUSE_CACHED, refusal_quote(redactor, text.data));
        return true;
    }
    return false;
}

static void judge_refused(const struct answer *answer, const struct endpoint *endpoint,
                          const struct refused *refused, uint64_t now_real_us, struct sample *sample)
{
    struct refusal refusal = refusal_read(endpoint, refused);
    const char *date = answer->headers[ANSWER_DATE];
    uint64_t theirs_us = 0;
    if (refusal.cause == CAUSE_CLOCK_SKEW && date && timestamp_parse_http(date, &theirs_us) == 0)
        sample->clock_offset_us = (int64_t)theirs_us - (int64_t)now_real_us;
    fail(sample, sample->status == STATUS_THROTTLED ? OUTCOME_THROTTLED : OUTCOME_FAILED, refusal.cause,
         refusal.detail);
}

static bool is_like_json(const struct answer *answer)
{
    return json_is_begun(answer->body.data ? answer->body.data : "");
}

static void judge(const struct answer *answer, const struct endpoint *endpoint,
                  const struct redactor *redactor, const struct json_document *body, const struct error *why,
                  uint64_t now_real_us, struct sample *sample)
{
    const char *error = answer->headers[ANSWER_FUNCTION_ERROR];
    const struct refused refused = {.status = sample->status,
                                    .error_type = answer->headers[ANSWER_ERROR_TYPE],
                                    .location = answer->headers[ANSWER_LOCATION],
                                    .text = &answer->body,
                                    .body = body,
                                    .why_no_json = !body && is_like_json(answer) ? why->message : NULL,
                                    .redactor = redactor};
    sample->clock_offset_us = 0;
    if (!is_expected(endpoint, sample->status))
        judge_refused(answer, endpoint, &refused, now_real_us, sample);
    else if (error)
        fail(sample, OUTCOME_FAILED, CAUSE_FUNCTION_ERROR, refusal_of_function(error, &refused));
    else if (!judge_cached(answer, redactor, sample))
        fail(sample, OUTCOME_OK, CAUSE_NONE, NULL);
}

static void identify(const struct answer *answer, const struct endpoint *endpoint,
                     const struct redactor *redactor, const struct json_document *body, struct sample *sample)
{
    struct log_tail tail = {0};
    const char *encoded = answer->headers[ANSWER_LOG_RESULT];
    if (encoded && log_tail_read(encoded, answer->headers[ANSWER_REQUEST_ID], &tail) < 0)
        tail = (struct log_tail){0};
    sample->init_us = tail.init_us;
    sample->billed_us = tail.billed_us;
    const struct clues clues = {.by_invoke = endpoint->function,
                                .instance_header = answer->headers[ANSWER_INSTANCE],
                                .cold_header = answer->headers[ANSWER_COLD],
                                .request_id = answer->headers[ANSWER_REQUEST_ID],
                                .body = body,
                                .tail = &tail};
    /* A cached answer belongs to another request; an event is only queued. */
    if (sample->cause != CAUSE_CACHED && endpoint->mode == INVOKE_SYNC) {
        replace(&sample->instance, identity_instance(endpoint, redactor, &clues));
        sample->cold = identity_cold(endpoint, &clues);
    }
    log_tail_free(&tail);
}

static int read_body(const struct answer *answer, const struct endpoint *endpoint,
                     struct json_document *ret_document, struct error *why)
{
    const struct text *body = &answer->body;
    if (body->failed)
        return error_set(why, -ENOMEM, "could not be kept: out of memory");
    if (answer->length == 0)
        return error_set(why, -EINVAL, "is empty");
    if (answer->length > body->length)
        return error_set(why, -E2BIG, "is longer than the %" PRIu32 " bytes that are kept of it (max_body)",
                         endpoint->max_body_bytes);
    return json_document_read(body->data, body->length, ret_document, why);
}

static const char shared_instances[] =
    "comes from a Lambda web function, where one instance serves up to 128 requests at once";

/* What to report if we looked for the instance in the body and it isn't there. */
static char *why_unnamed(const struct answer *answer, const struct endpoint *endpoint,
                         const struct json_document *body, const struct error *why)
{
    bool is_sure = endpoint->instance.kind == EXTRACT_JSON;
    char *missing = NULL;
    /* If it may be anywhere in the answer, most answers don't name it at all. */
    if (!body && (is_sure || is_like_json(answer)))
        return strdup(why->message);
    if (body && is_sure && asprintf(&missing, "has no text or number at %s", endpoint->instance.name) < 0)
        return NULL;
    return missing;
}

/* AWS's versions are numbers or $LATEST, which reveal nothing. */
static char *version_of(const char *version, const struct redactor *redactor)
{
    bool is_aws =
        version && (strspn(version, "0123456789") == strlen(version) || strcmp(version, "$LATEST") == 0);
    char *shown = version && (is_aws || !redactor->hides_all) ? strndup(version, VERSION_MAX) : NULL;
    redactor_apply(redactor, shown);
    return shown;
}

void answer_finish(struct answer *answer, const struct endpoint *endpoint, const struct redactor *redactor,
                   uint64_t now_real_us, struct sample *sample)
{
    struct json_document document;
    struct error why = {0};
    const struct json_document *body = read_body(answer, endpoint, &document, &why) == 0 ? &document : NULL;
    sample_clear(sample);
    sample->cold = COLD_UNKNOWN;
    judge(answer, endpoint, redactor, body, &why, now_real_us, sample);
    identify(answer, endpoint, redactor, body, sample);
    sample->is_shared =
        answer->headers[ANSWER_WEB_REQUEST_ID] || (endpoint->url && url_is_web_function(endpoint->url));
    if (sample->is_shared)
        sample->unnamed = strdup(shared_instances);
    else if (!sample->instance && is_in_body(endpoint, &endpoint->instance))
        sample->unnamed = why_unnamed(answer, endpoint, body, &why);
    sample->version = version_of(answer->headers[ANSWER_VERSION], redactor);
}

void answer_free(struct answer *answer)
{
    forget_headers(answer);
    text_free(&answer->body);
    *answer = (struct answer){0};
}
