/* Fills in what wasn't given, and checks for values that contradict each other. */
#include "base/file.h"
#include "config/draft.h"
#include "plan/syntax.h"

#include <string.h>
#include <strings.h>

static const enum endpoint_key tls_keys[] = {KEY_CA_FILE, KEY_CLIENT_CERT, KEY_CLIENT_KEY};

bool draft_is_own(const struct draft *draft, enum endpoint_key key)
{
    return draft->given[key] && config_setting_parent(draft->given[key]) == draft->group;
}

const config_setting_t *draft_blame(const struct draft *draft, enum endpoint_key first,
                                    enum endpoint_key second)
{
    if (draft_is_own(draft, first))
        return draft->given[first];
    if (draft_is_own(draft, second))
        return draft->given[second];
    return draft->given[first] ? draft->given[first] : draft->group;
}

bool draft_is_function(const struct draft *draft)
{
    return draft->given[KEY_FUNCTION];
}

bool draft_has_target(const struct draft *draft)
{
    return !draft->given[KEY_URL] != !draft->given[KEY_FUNCTION];
}

const char *draft_target(const struct draft *draft)
{
    return draft_is_function(draft) ? draft->endpoint.endpoint_url : draft->endpoint.url;
}

void draft_drop(struct draft *draft, enum endpoint_key key)
{
    char **kept = draft_aws_name(&draft->endpoint, key);
    free(*kept);
    *kept = NULL;
}

const config_setting_t *draft_header(const struct draft *draft, const char *name)
{
    const config_setting_t *headers = draft->given[KEY_HEADERS];
    size_t length = strlen(name);
    int n = headers && !draft->wrong[KEY_HEADERS] ? config_setting_length(headers) : 0;
    for (int i = 0; i < n; i++) {
        const config_setting_t *element = config_setting_get_elem(headers, (unsigned)i);
        const char *header = config_setting_get_string(element);
        if (strncasecmp(header, name, length) == 0 && header[length] == ':')
            return element;
    }
    return NULL;
}

/* Refuses the endpoint's own `streams` where HTTP/2 is never spoken. */
static void refuse_streams(struct draft *draft, const char *why)
{
    if (draft_is_own(draft, KEY_STREAMS) && !draft->wrong[KEY_STREAMS])
        reader_mistake(draft->reader, draft->given[KEY_STREAMS], "streams has no effect: %s", why);
    draft->endpoint.streams = 0;
}

/* TLS keys from the defaults apply only to endpoints that can use them. */
static void finish_plain_http(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    enum endpoint_key url = draft_is_function(draft) ? KEY_ENDPOINT_URL : KEY_URL;
    char **const paths[] = {&endpoint->ca_file, &endpoint->client_cert, &endpoint->client_key};
    for (size_t i = 0; i < COUNT_OF(tls_keys); i++) {
        if (draft_is_own(draft, tls_keys[i]))
            reader_mistake(draft->reader, draft->given[tls_keys[i]], "%s has no effect: %s is not https",
                           endpoint_key_names[tls_keys[i]], endpoint_key_names[url]);
        free(*paths[i]);
        *paths[i] = NULL;
    }
    if (endpoint->http_version == HTTP_VERSION_2)
        reader_mistake(draft->reader, draft_blame(draft, KEY_HTTP_VERSION, url),
                       "http_version = \"2\" needs an https %s", endpoint_key_names[url]);
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
        reader_mistake_once(draft->reader, draft_blame(draft, key, KEY_URL),
                            "the private key in %s is encrypted, and the daemon can't ask for its pass "
                            "phrase; use a decrypted copy: openssl pkey -in %s -out NEW_FILE",
                            endpoint_key_names[key], path);
}

static void check_client_key(struct draft *draft)
{
    check_encryption(draft);
    if (draft->given[KEY_CLIENT_KEY] && !draft->given[KEY_CLIENT_CERT])
        reader_mistake_once(draft->reader, draft_blame(draft, KEY_CLIENT_KEY, KEY_URL),
                            "client_key needs a client_cert");
}

static void finish_tls(struct draft *draft)
{
    const char *target = draft_target(draft);
    if (draft->endpoint.http_version == HTTP_VERSION_1_1)
        refuse_streams(draft, "http_version is \"1.1\"");
    else if (target && !is_https(target))
        refuse_streams(draft, "HTTP/2 needs https");
    if (target && !is_https(target))
        finish_plain_http(draft);
    else
        check_client_key(draft);
}

/* Whether the protocol tells a handler in the body; `auto` and `serverless-plugin-warmup` also do so in a
 * header. */
static bool has_payload(enum warm_protocol protocol)
{
    return protocol != PROTOCOL_HEADER && protocol != PROTOCOL_NONE;
}

static bool has_payload_only(enum warm_protocol protocol)
{
    return has_payload(protocol) && protocol != PROTOCOL_AUTO &&
           protocol != PROTOCOL_SERVERLESS_PLUGIN_WARMUP;
}

static void finish_method(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    bool body = endpoint->body || has_payload(endpoint->protocol);
    if (!endpoint->method)
        reader_keep(draft->reader, body ? "POST" : "GET", &endpoint->method);
}

/* A payload needs a method that has a body. */
static void check_payload(struct draft *draft)
{
    const struct endpoint *endpoint = &draft->endpoint;
    if (!endpoint->method || endpoint->body || !has_payload_only(endpoint->protocol))
        return;
    if (strcmp(endpoint->method, "GET") == 0 || strcmp(endpoint->method, "HEAD") == 0)
        reader_warn_once(draft->reader, draft_blame(draft, KEY_METHOD, KEY_PROTOCOL),
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
        reader_mistake_once(draft->reader, draft_blame(draft, KEY_BODY, KEY_METHOD),
                            "a HEAD request can't have a body");
}

void draft_finish(struct draft *draft)
{
    if (draft_has_target(draft)) {
        draft_finish_function(draft);
        draft_finish_access(draft);
    }
    draft_finish_answer(draft);
    draft_finish_times(draft);
    draft_finish_windows(draft);
    finish_method(draft);
    finish_tls(draft);
    check_body(draft);
    check_payload(draft);
}
