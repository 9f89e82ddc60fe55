/* AWS's published vectors, and the canonical forms that they don't reach. */
#include "../cmocka_all.h"

#include "aws/canonical.h"
#include "aws/sigv4.h"
#include "base/cleanup.h"
#include "base/timestamp.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

enum { VECTORS = 38, HEADERS_MAX = 16 };

/* One vector as the signer takes it. */
struct vector {
    const json_t *json;
    char digest[100]; /* its X-Amz-Content-Sha256 */
    const char *headers[HEADERS_MAX];
    struct sigv4_message message;
    struct aws_credentials credentials;
    struct sigv4_scope scope;
};

static const char *text_of(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

/* The signer doesn't write to it. */
static char *own(const char *text)
{
    return text ? strdup(text) : NULL;
}

static void add_digest(struct vector *vector)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    int at = snprintf(vector->digest, sizeof vector->digest, "X-Amz-Content-Sha256:");
    SHA256((const unsigned char *)vector->message.body, vector->message.body_length, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        at += snprintf(vector->digest + at, sizeof vector->digest - (size_t)at, "%02x", digest[i]);
    vector->headers[vector->message.n_headers++] = vector->digest;
}

static void vector_read(const json_t *json, struct vector *vector)
{
    const json_t *headers = json_object_get(json, "headers");
    const char *body = text_of(json, "body");
    *vector =
        (struct vector){.json = json,
                        .message = {.method = text_of(json, "method"),
                                    .path = text_of(json, "path"),
                                    .query = text_of(json, "query"),
                                    .headers = vector->headers,
                                    .body = body,
                                    .body_length = strlen(body),
                                    .keep_path = json_is_true(json_object_get(json, "keep_path"))},
                        .credentials = {.access_key_id = own(text_of(json, "access_key_id")),
                                        .secret_access_key = own(text_of(json, "secret_access_key")),
                                        .session_token = own(text_of(json, "token"))},
                        .scope = {.region = text_of(json, "region"), .service = text_of(json, "service")}};
    assert_int_equal(timestamp_parse(text_of(json, "timestamp"), &vector->scope.now_us), 0);
    assert_true(json_array_size(headers) < HEADERS_MAX);
    for (size_t i = 0; i < json_array_size(headers); i++)
        vector->headers[vector->message.n_headers++] = json_string_value(json_array_get(headers, i));
    if (json_is_true(json_object_get(json, "sign_body")))
        add_digest(vector);
}

static json_t *load(void)
{
    char path[512];
    snprintf(path, sizeof path, "%.*s/../sigv4_vectors.json", (int)(strrchr(__FILE__, '/') - __FILE__),
             __FILE__);
    json_t *document = json_load_file(path, 0, NULL);
    assert_non_null(document);
    return document;
}

static const char *header_of(const struct sigv4_signature *signature, const char *name)
{
    for (size_t i = 0; i < signature->n_headers; i++)
        if (strncmp(signature->headers[i], name, strlen(name)) == 0)
            return signature->headers[i] + strlen(name) + 2;
    return NULL;
}

static void check_vector(const struct vector *vector)
{
    char expected[1024];
    CLEANUP_FREE char *to_sign = NULL;
    CLEANUP_TEXT struct text canonical = {0}, list = {0};
    struct sigv4_signature signature;
    assert_int_equal(sigv4_sign(&vector->message, &vector->credentials, &vector->scope, &signature), 0);
    assert_int_equal(sigv4_canonical_request(&vector->message, &signature, &canonical, &list), 0);
    assert_string_equal(canonical.data, text_of(vector->json, "canonical_request"));
    assert_int_equal(sigv4_string_to_sign(canonical.data, &vector->scope, &to_sign), 0);
    assert_string_equal(to_sign, text_of(vector->json, "string_to_sign"));
    snprintf(expected, sizeof expected,
             "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/%s/%s/aws4_request, SignedHeaders=%s, "
             "Signature=%s",
             vector->scope.region, vector->scope.service, text_of(vector->json, "signed_headers"),
             text_of(vector->json, "signature"));
    assert_string_equal(header_of(&signature, "Authorization"), expected);
    assert_string_equal(header_of(&signature, "X-Amz-Date"), "20150830T123600Z");
    if (vector->credentials.session_token)
        assert_string_equal(header_of(&signature, "X-Amz-Security-Token"), vector->credentials.session_token);
    sigv4_signature_free(&signature);
}

static void published_vectors_come_out(void **state)
{
    (void)state;
    json_t *document = load();
    const json_t *vectors = json_object_get(document, "vectors");
    assert_int_equal(json_array_size(vectors), VECTORS);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        struct vector vector;
        vector_read(json_array_get(vectors, i), &vector);
        print_message("%s\n", text_of(vector.json, "name"));
        check_vector(&vector);
        aws_credentials_free(&vector.credentials);
    }
    json_decref(document);
}

static void a_message_without_host_is_not_signed(void **state)
{
    (void)state;
    char id[] = "AKID", secret[] = "secret";
    const char *headers[] = {"X-Other: 1"};
    struct aws_credentials credentials = {.access_key_id = id, .secret_access_key = secret};
    struct sigv4_message message = {.method = "GET", .path = "/", .headers = headers, .n_headers = 1};
    struct sigv4_scope scope = {.region = "eu-west-1", .service = "lambda"};
    struct sigv4_signature signature;
    assert_int_equal(sigv4_sign(&message, &credentials, &scope, &signature), -EINVAL);
}

/* A path as it is sent is encoded once more: AWS, "Create a canonical request" (S3 is the exception). */
static void a_path_is_encoded_once_more(void **state)
{
    (void)state;
    static const struct {
        const char *path, *canonical;
    } rows[] = {{"", "/"},
                {"/a%20b", "/a%2520b"},
                {"/f/arn%3Aaws%3Alambda/x", "/f/arn%253Aaws%253Alambda/x"},
                {"/f:live", "/f%3Alive"},
                {"/a//b/../c/.", "/a/c/"},
                {"/../..", "/"},
                {"/a+b=c@d,$", "/a%2Bb%3Dc%40d%2C%24"},
                {"/\xc3\xa4", "/%C3%A4"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP_TEXT struct text out = {0};
        assert_int_equal(canonical_path(rows[i].path, false, &out), 0);
        assert_string_equal(out.data, rows[i].canonical);
    }
}

static void a_query_is_sorted_and_encoded_in_one_way(void **state)
{
    (void)state;
    static const struct {
        const char *query, *canonical;
    } rows[] = {{"b=2&a=1", "a=1&b=2"},
                {"a", "a="},
                {"a=&a", "a=&a="},
                {"a=b=c", "a=b%3Dc"},
                {"Qualifier=$LATEST", "Qualifier=%24LATEST"},
                {"x=%7e%2f", "x=~%2F"},
                {"x=%zz&%", "%25=&x=%25zz"},
                {"a=2&a=1&A=3", "A=3&a=1&a=2"},
                {"&&a=1&", "a=1"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP_TEXT struct text out = {0};
        assert_int_equal(canonical_query(rows[i].query, &out), 0);
        assert_string_equal(out.data, rows[i].canonical);
    }
}

/* What is sent in this form is signed as itself, but for the order. */
static void what_is_sent_is_canonical_already(void **state)
{
    (void)state;
    static const struct {
        const char *query, *sent;
    } rows[] = {{"b=1+2&a", "b=1%202&a"},
                {"t=a:b/c=d", "t=a%3Ab%2Fc%3Dd"},
                {"x=%c3%a4&y=\xc3\xa4", "x=%C3%A4&y=%C3%A4"},
                {"&a=1&&b=2&", "a=1&b=2"},
                {"", ""}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP_TEXT struct text out = {0}, again = {0};
        text_add(&out, "");
        text_add(&again, "");
        assert_int_equal(canonical_query_to_send(rows[i].query, &out), 0);
        assert_string_equal(out.data, rows[i].sent);
        assert_int_equal(canonical_query_to_send(out.data, &again), 0);
        assert_string_equal(again.data, out.data);
    }
}

static void headers_that_change_on_the_way_are_not_signed(void **state)
{
    (void)state;
    const char *headers[] = {
        "Host: h",           "user-agent: x", "X-B:  1   2 ",         "X-Amzn-Trace-Id: t", "X-B: 3",
        "Connection: close", "x-a:",          "Expect: 100-continue", "X-Forwarded-For: 1"};
    CLEANUP_TEXT struct text canonical = {0}, list = {0};
    assert_int_equal(canonical_headers(headers, COUNT_OF(headers), &canonical, &list), 0);
    assert_string_equal(canonical.data, "host:h\nx-a:\nx-b:1 2,3\n");
    assert_string_equal(list.data, "host;x-a;x-b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors_come_out),
        cmocka_unit_test(a_message_without_host_is_not_signed),
        cmocka_unit_test(a_path_is_encoded_once_more),
        cmocka_unit_test(a_query_is_sorted_and_encoded_in_one_way),
        cmocka_unit_test(what_is_sent_is_canonical_already),
        cmocka_unit_test(headers_that_change_on_the_way_are_not_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
