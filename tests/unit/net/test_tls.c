/* Trust anchors are parsed once, and a context is made once for all volleys that trust the same. */
#include "net/tls.h"

#include "../cmocka_all.h"
#include "../scratch.h"
#include "base/cleanup.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <string.h>

enum { AN_HOUR_S = 3600, PEM_MAX = 4096 };

DEFINE_CLEANUP(X509 *, X509_free);
DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free);
DEFINE_CLEANUP(BIO *, BIO_free_all);

/* Writes a certificate of its own and its key. Its path, as scratch_write's. */
static const char *write_certificate(const char *folder, const char *name)
{
    char pem[PEM_MAX] = "";
    CLEANUP(cleanup_EVP_PKEY_free) EVP_PKEY *key = EVP_EC_gen("P-256");
    CLEANUP(cleanup_X509_free) X509 *certificate = X509_new();
    CLEANUP(cleanup_BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
    X509_gmtime_adj(X509_getm_notBefore(certificate), -AN_HOUR_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), AN_HOUR_S);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    int length = BIO_read(bio, pem, sizeof pem);
    assert_in_range(length, 1, sizeof pem - 1);
    return scratch_write_bytes(folder, name, pem, (size_t)length);
}

/* The store and the context that a volley of ENDPOINT gets. They are only compared: not referred to. */
static SSL_CTX *context_of(const struct endpoint *endpoint, X509_STORE **ret_store)
{
    struct error error = {0};
    SSL_CTX *context = NULL;
    assert_int_equal(tls_trust_store(endpoint->ca_file, ret_store, &error), 0);
    assert_int_equal(tls_context(endpoint, *ret_store, &context, &error), 0);
    assert_ptr_equal(SSL_CTX_get_cert_store(context), *ret_store);
    X509_STORE_free(*ret_store);
    return context;
}

static void test_made_once_for_the_same_anchors(void **state)
{
    char *first = strdup(write_certificate(*state, "first.pem"));
    char *second = strdup(write_certificate(*state, "second.pem"));
    struct endpoint one = {.ca_file = first}, same = {.ca_file = first}, other = {.ca_file = second};
    X509_STORE *store, *store_again, *other_store;
    SSL_CTX *context = context_of(&one, &store), *again = context_of(&same, &store_again),
            *another = context_of(&other, &other_store);
    assert_ptr_equal(store, store_again);
    assert_ptr_equal(context, again);
    assert_ptr_not_equal(store, other_store);
    assert_ptr_not_equal(context, another);
    SSL_CTX_free(context);
    SSL_CTX_free(again);
    SSL_CTX_free(another);
    /* It is kept while nobody uses it. */
    again = context_of(&one, &store);
    assert_ptr_equal(context, again);
    SSL_CTX_free(again);
    free(first);
    free(second);
}

/* A volley under way keeps what it has begun with. */
static void test_made_anew_when_the_anchors_change(void **state)
{
    char *path = strdup(write_certificate(*state, "anchors.pem"));
    struct endpoint endpoint = {.ca_file = path};
    X509_STORE *store, *store_after;
    SSL_CTX *before = context_of(&endpoint, &store);
    assert_int_equal(rename(write_certificate(*state, "anchors.new"), path), 0);
    SSL_CTX *after = context_of(&endpoint, &store_after);
    assert_ptr_not_equal(store, store_after);
    assert_ptr_not_equal(before, after);
    assert_ptr_equal(SSL_CTX_get_cert_store(before), store);
    SSL_CTX_free(before);
    SSL_CTX_free(after);
    free(path);
}

static void test_not_shared_with_a_client_certificate(void **state)
{
    char *path = strdup(write_certificate(*state, "both.pem"));
    struct endpoint with = {.ca_file = path, .client_cert = path}, without = {.ca_file = path};
    X509_STORE *store;
    SSL_CTX *one = context_of(&with, &store), *two = context_of(&with, &store),
            *three = context_of(&without, &store);
    assert_ptr_not_equal(one, two);
    assert_non_null(SSL_CTX_get0_certificate(one));
    assert_null(SSL_CTX_get0_certificate(three));
    SSL_CTX_free(one);
    SSL_CTX_free(two);
    SSL_CTX_free(three);
    free(path);
}

/* Connections that share a context share no session. */
static void test_keeps_no_sessions(void **state)
{
    char *path = strdup(write_certificate(*state, "anchors.pem"));
    struct endpoint endpoint = {.ca_file = path};
    X509_STORE *store;
    SSL_CTX *context = context_of(&endpoint, &store);
    assert_int_equal(SSL_CTX_get_session_cache_mode(context), SSL_SESS_CACHE_OFF);
    assert_null(SSL_CTX_sess_get_new_cb(context));
    SSL_CTX_free(context);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_made_once_for_the_same_anchors, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(test_made_anew_when_the_anchors_change, scratch_create,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(test_not_shared_with_a_client_certificate, scratch_create,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(test_keeps_no_sessions, scratch_create, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
