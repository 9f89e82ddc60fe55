#include "aws/sigv4.h"

#include "aws/canonical.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/secret.h"
#include "base/text.h"

#include <errno.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
    STAMP_TEXT = 17, /* "20150830T123600Z" */
    DAY_LENGTH = 8,  /* of these, the day */
    DIGEST_TEXT = SHA256_DIGEST_LENGTH * 2 + 1,
};

#define ALGORITHM "AWS4-HMAC-SHA256"

struct stamp {
    char text[STAMP_TEXT];
};

static struct stamp stamp_of(const struct sigv4_scope *scope)
{
    time_t now_s = (time_t)(scope->now_us / US_PER_S);
    struct stamp stamp;
    struct tm utc;
    gmtime_r(&now_s, &utc);
    strftime(stamp.text, sizeof stamp.text, "%Y%m%dT%H%M%SZ", &utc);
    return stamp;
}

static void hash_hex(const char *bytes, size_t length, char text[DIGEST_TEXT])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)bytes, length, digest);
    hex_encode(digest, sizeof digest, text);
}

/* Canonical headers of MESSAGE and of SIGNATURE so far. */
static int all_headers(const struct sigv4_message *message, const struct sigv4_signature *signature,
                       struct text *canonical, struct text *list)
{
    size_t n = message->n_headers + signature->n_headers;
    CLEANUP_FREE const char **headers = calloc(n + 1, sizeof *headers);
    bool has_host = false;
    if (!headers)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        headers[i] =
            i < message->n_headers ? message->headers[i] : signature->headers[i - message->n_headers];
        has_host |= strncasecmp(headers[i], "host:", strlen("host:")) == 0;
    }
    return has_host ? canonical_headers(headers, n, canonical, list) : -EINVAL;
}

/* Makes room for the canonical request, so that it doesn't grow and leave copies of the token behind: at most
 * three bytes for each encoded one, plus a dash and a semicolon for each header. */
static void canonical_room(const struct sigv4_message *message, const struct sigv4_signature *signature,
                           struct text *out)
{
    size_t length = 3 * (strlen(message->path) + (message->query ? strlen(message->query) : 0)) +
                    DIGEST_TEXT + strlen(message->method) + 16;
    for (size_t i = 0; i < message->n_headers; i++)
        length += 2 * strlen(message->headers[i]) + 2;
    for (size_t i = 0; i < signature->n_headers; i++)
        length += 2 * strlen(signature->headers[i]) + 2;
    if (message->query) /* each name gets its "=" */
        length += strlen(message->query);
    text_reserve(out, length);
}

int sigv4_canonical_request(const struct sigv4_message *message, const struct sigv4_signature *signature,
                            struct text *out, struct text *list)
{
    char payload[DIGEST_TEXT];
    canonical_room(message, signature, out);
    hash_hex(message->body_length ? message->body : "", message->body_length, payload);
    text_format(out, "%s\n", message->method);
    int result = canonical_path(message->path, message->keep_path, out);
    text_add(out, "\n");
    if (result == 0)
        result = canonical_query(message->query, out);
    text_add(out, "\n");
    if (result == 0)
        result = all_headers(message, signature, out, list);
    text_add(out, "\n");
    if (list->data)
        text_add_bytes(out, list->data, list->length);
    text_format(out, "\n%s", payload);
    return result < 0 ? result : out->failed ? -ENOMEM : 0;
}

static void write_scope(const struct sigv4_scope *scope, struct text *out)
{
    text_format(out, "%.*s/%s/%s/aws4_request", DAY_LENGTH, stamp_of(scope).text, scope->region,
                scope->service);
}

int sigv4_string_to_sign(const char *canonical_request, const struct sigv4_scope *scope, char **ret_text)
{
    char digest[DIGEST_TEXT];
    struct text out = {0};
    hash_hex(canonical_request, strlen(canonical_request), digest);
    text_format(&out, ALGORITHM "\n%s\n", stamp_of(scope).text);
    write_scope(scope, &out);
    text_format(&out, "\n%s", digest);
    char *text = text_take(&out);
    if (!text)
        return -ENOMEM;
    *ret_text = text;
    return 0;
}

/* KEY becomes the HMAC of TEXT under it. */
static bool derive(unsigned char key[SHA256_DIGEST_LENGTH], const char *text)
{
    unsigned char next[SHA256_DIGEST_LENGTH];
    unsigned length = 0;
    bool done = HMAC(EVP_sha256(), key, SHA256_DIGEST_LENGTH, (const unsigned char *)text, strlen(text), next,
                     &length);
    memcpy(key, next, sizeof next);
    explicit_bzero(next, sizeof next);
    return done;
}

/* Derives the key of a day, region and service, then makes the signature with it. */
static int sign_text(const char *string_to_sign, const char *secret, const struct sigv4_scope *scope,
                     char signature[DIGEST_TEXT])
{
    unsigned char key[SHA256_DIGEST_LENGTH];
    unsigned length = 0;
    struct stamp stamp = stamp_of(scope);
    CLEANUP_SECRET_TEXT struct text first = {0};
    text_reserve(&first, strlen(ALGORITHM) + strlen(secret));
    text_format(&first, "AWS4%s", secret);
    bool done = !first.failed && HMAC(EVP_sha256(), first.data, (int)first.length,
                                      (const unsigned char *)stamp.text, DAY_LENGTH, key, &length);
    done = done && derive(key, scope->region) && derive(key, scope->service) && derive(key, "aws4_request") &&
           derive(key, string_to_sign);
    if (done)
        hex_encode(key, SHA256_DIGEST_LENGTH, signature);
    explicit_bzero(key, sizeof key);
    return done ? 0 : -ENOMEM;
}

/* Takes LINE; NULL: there was no memory for it. */
static int add_header(struct sigv4_signature *signature, char *line)
{
    if (!line)
        return -ENOMEM;
    signature->headers[signature->n_headers++] = line;
    return 0;
}

static int authorize(const struct sigv4_message *message, const struct aws_credentials *credentials,
                     const struct sigv4_scope *scope, struct sigv4_signature *signature)
{
    CLEANUP_SECRET_TEXT struct text canonical = {0};
    CLEANUP_TEXT struct text list = {0};
    CLEANUP_FREE char *string_to_sign = NULL;
    struct text line = {0};
    char digest[DIGEST_TEXT];
    int result = sigv4_canonical_request(message, signature, &canonical, &list);
    if (result == 0)
        result = sigv4_string_to_sign(canonical.data, scope, &string_to_sign);
    if (result == 0)
        result = sign_text(string_to_sign, credentials->secret_access_key, scope, digest);
    if (result < 0)
        return result;
    text_format(&line, "Authorization: " ALGORITHM " Credential=%s/", credentials->access_key_id);
    write_scope(scope, &line);
    text_format(&line, ", SignedHeaders=%s, Signature=%s", list.data, digest);
    return add_header(signature, text_take(&line));
}

/* The date and, for temporary credentials, the token are both sent and signed. */
int sigv4_sign(const struct sigv4_message *message, const struct aws_credentials *credentials,
               const struct sigv4_scope *scope, struct sigv4_signature *ret_signature)
{
    struct sigv4_signature signature = {0};
    const char *token = credentials->session_token;
    int result = add_header(&signature, secret_join("X-Amz-Date: ", stamp_of(scope).text));
    if (result == 0 && token)
        result = add_header(&signature, secret_join("X-Amz-Security-Token: ", token));
    if (result == 0)
        result = authorize(message, credentials, scope, &signature);
    if (result < 0)
        sigv4_signature_free(&signature);
    else
        *ret_signature = signature;
    return result;
}

void sigv4_signature_free(struct sigv4_signature *signature)
{
    for (size_t i = 0; i < COUNT_OF(signature->headers); i++)
        secret_free(signature->headers[i]);
    *signature = (struct sigv4_signature){0};
}
