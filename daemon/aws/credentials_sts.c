#include "aws/credentials_sources.h"

#include "aws/ask.h"
#include "aws/service.h"
#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/patience.h"
#include "base/secret.h"
#include "net/resolve.h"
#include "plan/partition.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { TRIES = 3, TRY_US = 10000000, FORM_EXTRA = 256 };

#define BASE_US (US_PER_S / 2) /* the longest first wait */

/* The request. */
struct call {
    const struct sts_role *role;
    const char *region;
    char *url;
    const char *path; /* in it */
    char *host;       /* the header, with the port unless it is the scheme's default */
    struct text form;
};

static void call_free(struct call *call)
{
    free(call->url);
    free(call->host);
    secret_text_free(&call->form);
}

/* STS is in every region of a partition; if no region is known, the partition's home region. */
static const char *region_of(const struct sts_role *role)
{
    const char *region = profile_region(role->files, role->first_profile);
    const struct partition *partition = partition_of_arn(role->arn);
    return region ? region : partition ? partition->home : partition_of_region("")->home;
}

static int find_endpoint(struct call *call, struct error *error)
{
    CLEANUP_FREE char *origin = NULL;
    CLEANUP_TARGET struct target target = {0};
    struct text host = {0};
    struct error why = {0};
    const struct sts_role *role = call->role;
    call->region = region_of(role);
    int result = is_region(call->region)
                     ? service_origin(role->files, role->first_profile, "sts", call->region, &origin, &why)
                     : error_set(&why, -EINVAL, "the region contains invalid characters");
    if (result < 0)
        return error_set(error, result, "STS: %s", why.message);
    result = target_parse(origin, &target, error);
    if (result < 0)
        return result;
    text_format(&host, strchr(target.host, ':') ? "Host: [%s]" : "Host: %s", target.host);
    if (target.port != (target.tls ? 443 : 80))
        text_format(&host, ":%u", target.port);
    call->host = text_take(&host);
    call->url = secret_join(origin, "/");
    if (!call->host || !call->url)
        return error_set(error, -ENOMEM, "out of memory");
    call->path = strchr(strstr(call->url, "://") + strlen("://"), '/');
    return 0;
}

static void add_field(struct call *call, const char *name, const char *value)
{
    if (!value)
        return;
    text_add(&call->form, "&");
    text_add(&call->form, name);
    text_add(&call->form, "=");
    percent_encode(value, strlen(value), "", &call->form);
}

static size_t room_for(const char *value)
{
    return value ? 3 * strlen(value) : 0;
}

static int make_form(struct call *call, const char *token, struct error *error)
{
    const struct sts_role *role = call->role;
    const char *session = role->session_name ? role->session_name : "lambda-warmd";
    text_reserve(&call->form, FORM_EXTRA + room_for(role->arn) + room_for(session) +
                                  room_for(role->external_id) + room_for(role->duration_s) + room_for(token));
    text_add(&call->form, token ? "Action=AssumeRoleWithWebIdentity" : "Action=AssumeRole");
    text_add(&call->form, "&Version=2011-06-15");
    add_field(call, "RoleArn", role->arn);
    add_field(call, "RoleSessionName", session);
    if (!token) {
        add_field(call, "DurationSeconds", role->duration_s);
        add_field(call, "ExternalId", role->external_id);
    }
    add_field(call, "WebIdentityToken", token);
    return call->form.failed ? error_set(error, -ENOMEM, "out of memory") : 0;
}

/* The file is read each time: its issuer replaces it. */
static int read_token(const char *path, char **ret_token, struct error *error)
{
    CLEANUP_FILE struct file file = {0};
    int result = file_read(path, &file);
    if (result < 0)
        return error_set(error, result, "web identity token %s: %s, as uid %u", path, file_problem(result),
                         (unsigned)geteuid());
    size_t length = file.length;
    while (length > 0 && strchr(" \r\n", file.bytes[length - 1]))
        length--;
    if (length == 0 || memchr(file.bytes, '\0', length))
        return error_set(error, -EBADMSG, "web identity token %s: the file contains no token", path);
    *ret_token = strndup(file.bytes, length);
    return *ret_token ? 0 : error_set(error, -ENOMEM, "out of memory");
}

static int sign(const struct call *call, const char *const *headers, size_t n_headers,
                struct sigv4_signature *signature, struct error *error)
{
    struct sigv4_message message = {.method = "POST",
                                    .path = call->path,
                                    .headers = headers,
                                    .n_headers = n_headers,
                                    .body = call->form.data,
                                    .body_length = call->form.length};
    struct sigv4_scope scope = {.region = call->region, .service = "sts", .now_us = clock_real_us()};
    int result = sigv4_sign(&message, call->role->by, &scope, signature);
    return result < 0 ? error_set(error, result, "STS: the request can't be signed: %s", strerror(-result))
                      : 0;
}

static int send_call(const struct call *call, const struct credentials_patience *patience,
                     struct fetch_answer *answer, struct error *error)
{
    const char *headers[3 + SIGV4_HEADERS_MAX] = {
        call->host, "Content-Type: application/x-www-form-urlencoded; charset=utf-8"};
    size_t n = 2;
    CLEANUP(sigv4_signature_free) struct sigv4_signature signature = {0};
    int result = call->role->token_file ? 0 : sign(call, headers, n, &signature, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < signature.n_headers; i++)
        headers[n++] = signature.headers[i];
    struct fetch_request request = {
        .method = "POST",
        .url = call->url,
        .headers = headers,
        .n_headers = n,
        .body = call->form.data,
        .body_length = call->form.length,
        .ca_file = aws_variable("AWS_CA_BUNDLE"),
    };
    struct error why = {0};
    result = ask(request, TRY_US, patience, answer, &why);
    return result < 0 ? error_set(error, result, "STS: %s", why.message) : 0;
}

/* Undoes XML's five named entities, in place. */
static void unescape(char *text)
{
    static const struct {
        const char *name;
        char meaning;
    } entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    char *to = text;
    for (size_t length; *text; text += length) {
        char meant = *text;
        length = 1;
        for (size_t i = 0; i < COUNT_OF(entities); i++)
            if (text_starts_with(text, entities[i].name)) {
                meant = entities[i].meaning;
                length = strlen(entities[i].name);
            }
        *to++ = meant;
    }
    *to = '\0';
}

/* The text between <NAME> and </NAME>, a new string; NULL: no such element. Good for STS's answers only,
 * where these elements have no attributes. */
static char *element(const char *xml, const char *name)
{
    char open[32], close[32];
    snprintf(open, sizeof open, "<%s>", name);
    snprintf(close, sizeof close, "</%s>", name);
    const char *begin = xml ? strstr(xml, open) : NULL;
    const char *end = begin ? strstr(begin, close) : NULL;
    if (!end)
        return NULL;
    begin += strlen(open);
    begin += strspn(begin, " \t\r\n");
    char *text = strndup(begin, (size_t)(end - begin));
    if (text) {
        text[strcspn(text, "\r\n")] = '\0';
        unescape(text);
    }
    return text;
}

static int refuse(const struct sts_role *role, const char *token, const struct fetch_answer *answer,
                  struct error *error)
{
    CLEANUP_FREE char *code = element(answer->body.data, "Code");
    CLEANUP_FREE char *message = element(answer->body.data, "Message");
    const char *const sent[] = {token, role->by ? role->by->session_token : NULL,
                                role->by ? role->by->secret_access_key : NULL};
    CLEANUP_FREE char *words = ask_failure(answer->status, code, message, sent, COUNT_OF(sent));
    bool denied = answer->status == 400 || answer->status == 401 || answer->status == 403;
    return error_set(error, denied ? -EACCES : -EBADMSG, "STS did not return credentials for role %s%s%s: %s",
                     role->arn, role->profile ? " of profile " : "", role->profile ? role->profile : "",
                     words ? words : "an error");
}

static int read_answer(const struct sts_role *role, const char *token, const struct fetch_answer *answer,
                       struct aws_credentials *ret_credentials, struct error *error)
{
    const char *xml = answer->body.data;
    if (answer->status != 200)
        return refuse(role, token, answer, error);
    CLEANUP_SECRET char *id = element(xml, "AccessKeyId");
    CLEANUP_SECRET char *secret = element(xml, "SecretAccessKey");
    CLEANUP_SECRET char *session_token = element(xml, "SessionToken");
    CLEANUP_FREE char *expiration = element(xml, "Expiration");
    CLEANUP_FREE char *source = secret_join("role ", role->arn);
    if (!source)
        return error_set(error, -ENOMEM, "out of memory");
    if (!id || !secret || !session_token || !expiration)
        return error_set(error, -EBADMSG,
                         "STS: its answer lacks AccessKeyId, SecretAccessKey, SessionToken or "
                         "Expiration");
    struct credentials_found found = {.access_key_id = id,
                                      .secret_access_key = secret,
                                      .session_token = session_token,
                                      .expiration = expiration,
                                      .source = source};
    return credentials_set(&found, ret_credentials, error);
}

/* Might STS answer differently if asked again? By botocore's _retry.json for sts, and its standard mode. */
static bool is_worth_another(int result, const struct fetch_answer *answer)
{
    static const char *const passing[] = {"IDPCommunicationError", "Throttling",
                                          "ThrottlingException",   "ThrottledException",
                                          "RequestThrottled",      "RequestThrottledException",
                                          "RequestLimitExceeded",  "TooManyRequestsException",
                                          "RequestTimeout",        "RequestTimeoutException"};
    static const int failures[] = {-ETIMEDOUT,    -ECONNREFUSED, -ECONNRESET, -EPIPE,
                                   -EHOSTUNREACH, -ENETUNREACH,  -EAGAIN};
    int status = answer->status;
    for (size_t i = 0; i < COUNT_OF(failures); i++)
        if (result == failures[i])
            return true;
    if (result < 0)
        return false;
    CLEANUP_FREE char *code = status == 400 || status == 403 ? element(answer->body.data, "Code") : NULL;
    for (size_t i = 0; code && i < COUNT_OF(passing); i++)
        if (strcmp(code, passing[i]) == 0)
            return true;
    return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

/* Waits after try number DONE (from 0): a random time that doubles with each, to spread many callers, as the
 * SDKs do ("Retry behavior" of the AWS SDKs and Tools Reference Guide). False: PATIENCE is over, or would be
 * by then. */
static bool wait_after(unsigned done, const struct credentials_patience *patience)
{
    uint64_t until_us = clock_monotonic_us() + arc4random_uniform((uint32_t)BASE_US << done);
    return until_us < patience->until_us && patience_wait(-1, until_us, patience->cancel_fd) == -ETIMEDOUT;
}

/* Each try makes a new signature and rereads the token. */
static int try_role(const struct sts_role *role, const struct credentials_patience *patience, bool *ret_again,
                    struct aws_credentials *ret_credentials, struct error *error)
{
    CLEANUP(call_free) struct call call = {.role = role};
    CLEANUP_SECRET char *token = NULL;
    CLEANUP_FETCH_ANSWER struct fetch_answer answer = {0};
    *ret_again = false;
    int result = find_endpoint(&call, error);
    if (result == 0 && role->token_file)
        result = read_token(role->token_file, &token, error);
    if (result == 0)
        result = make_form(&call, token, error);
    if (result < 0)
        return result;
    result = send_call(&call, patience, &answer, error);
    *ret_again = is_worth_another(result, &answer);
    return result < 0 ? result : read_answer(role, token, &answer, ret_credentials, error);
}

int credentials_from_role(const struct sts_role *role, const struct credentials_patience *patience,
                          struct aws_credentials *ret_credentials, struct error *error)
{
    int result = 0;
    bool again = true;
    for (unsigned i = 0; again && i < TRIES; i++) {
        result = try_role(role, patience, &again, ret_credentials, error);
        again = again && i + 1 < TRIES && wait_after(i, patience);
    }
    return result;
}
