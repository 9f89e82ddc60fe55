/* What is sent, over what, and how the answer is read: completed, and checked for what contradicts it. */
#include "config/draft.h"

#include "base/file.h"
#include "config/preset.h"
#include "plan/syntax.h"

#include <string.h>

static void finish_plain_http(struct draft *draft)
{
    const char *url = draft_is_function(draft) ? "endpoint_url" : "url";
    draft_drop(draft, NEED_HTTPS, true,
               draft_is_function(draft) ? ": endpoint_url is not https" : ": url is not https");
    if (draft->endpoint.http_version == HTTP_VERSION_2)
        reader_mistake(draft->reader, draft_blame(draft, KEY_HTTP_VERSION, draft_target_key(draft)),
                       "http_version = \"2\" needs an https %s", url);
}

/* PEM, of PKCS #8 or older. */
static bool is_encrypted_key(const char *path)
{
    CLEANUP_FILE struct file file = {0};
    return file_read(path, &file) == 0 && (strstr(file.bytes, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
                                           strstr(file.bytes, "Proc-Type: 4,ENCRYPTED"));
}

/* Nobody is there to type a pass phrase. */
static void check_encryption(struct draft *draft)
{
    const struct endpoint *endpoint = &draft->endpoint;
    const char *path = endpoint->client_key ? endpoint->client_key : endpoint->client_cert;
    enum endpoint_key key = draft->given[KEY_CLIENT_KEY] ? KEY_CLIENT_KEY : KEY_CLIENT_CERT;
    if (path && !draft->wrong[KEY_CLIENT_KEY] && is_encrypted_key(path))
        draft_mistake(draft, key, KEY_URL,
                      "the private key in %s is encrypted, and the daemon can't ask for its pass "
                      "phrase; use a decrypted copy: openssl pkey -in %s -out NEW_FILE",
                      setting_name(draft->given[key]), path);
}

static void check_client_key(struct draft *draft)
{
    check_encryption(draft);
    if (draft->given[KEY_CLIENT_KEY] && !draft->given[KEY_CLIENT_CERT])
        draft_mistake(draft, KEY_CLIENT_KEY, KEY_URL, "client_key needs a client_cert");
}

static void finish_tls(struct draft *draft)
{
    const char *target = draft_target(draft);
    bool plain = target && !is_https(target);
    if (plain || draft->endpoint.http_version == HTTP_VERSION_1_1)
        draft_drop(draft, NEED_HTTP2, !draft->wrong[KEY_STREAMS],
                   draft->endpoint.http_version == HTTP_VERSION_1_1 ? ": http_version is \"1.1\""
                                                                    : ": HTTP/2 needs https");
    if (plain)
        finish_plain_http(draft);
    else
        check_client_key(draft);
}

/* A payload needs a method that has a body. */
static void check_payload(struct draft *draft)
{
    const struct endpoint *endpoint = &draft->endpoint;
    if (!endpoint->method || endpoint->body || !is_told_by_body(endpoint->protocol))
        return;
    if (strcmp(endpoint->method, "GET") == 0 || strcmp(endpoint->method, "HEAD") == 0)
        draft_warn(draft, KEY_METHOD, KEY_PROTOCOL,
                   "a %s request has no body, so this protocol can't tell the handler that it is being "
                   "warmed (use POST)",
                   endpoint->method);
}

/* The answer's headers would announce a body that never comes, and the client would wait for it (RFC 9110,
 * 9.3.2). */
static void check_body(struct draft *draft)
{
    const struct endpoint *endpoint = &draft->endpoint;
    if (endpoint->method && endpoint->body && strcmp(endpoint->method, "HEAD") == 0)
        draft_mistake(draft, KEY_BODY, KEY_METHOD, "a HEAD request can't have a body");
}

/* Why the given extract can't be used here, or NULL. */
static const char *misplaced(const struct draft *draft, const struct extract *extract)
{
    if (draft->endpoint.mode == INVOKE_EVENT && extract->kind != EXTRACT_NONE)
        return "mode = \"event\" returns no answer";
    if (extract->kind == EXTRACT_LOG_TAIL && !draft_is_function(draft))
        return "only function endpoints have a log tail";
    return NULL;
}

/* Whether KEY is given, and can be used. A value from the defaults applies only to endpoints that can use it.
 */
static bool is_usable(struct draft *draft, enum endpoint_key key, const struct extract *extract)
{
    const char *problem = misplaced(draft, extract);
    if (problem && draft_is_own(draft, key))
        reader_mistake(draft->reader, draft->given[key], "%s has no effect: %s",
                       setting_name(draft->given[key]), problem);
    return draft->given[key] && !problem;
}

void finish_answer(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    bool known = draft_has_target(draft);
    bool instance = !known || is_usable(draft, KEY_INSTANCE, &endpoint->instance);
    bool cold = !known || is_usable(draft, KEY_COLD, &endpoint->cold);
    draft->reader->no_memory |= !endpoint_preset_rest(endpoint, instance, cold);
}

void finish_request(struct draft *draft)
{
    finish_tls(draft);
    check_body(draft);
    check_payload(draft);
}
