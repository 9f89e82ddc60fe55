#include "net/tls.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "net/tls_context.h"

#include <curl/curl.h>
#include <errno.h>
#include <openssl/err.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

/* One entry for each distinct ca_file: a handful in any real configuration. */
struct kept_store {
    struct kept_store *next;
    char *path;
    struct stat seen; /* of the file when it was parsed */
    X509_STORE *store;
    SSL_CTX *context; /* for who trusts the store and has no client certificate; NULL: none wanted it yet */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept_store *kept;

static bool is_unchanged(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Without PATH, the system's anchors are the ones that OpenSSL was built to use. */
static int parse(const char *path, X509_STORE **ret_store, struct error *error)
{
    const char *shown = path ? path : "the system's trust anchors";
    X509_STORE *store = X509_STORE_new();
    if (!store)
        return error_set(error, -ENOMEM, "cannot read %s: out of memory", shown);
    if ((path ? X509_STORE_load_file(store, path) : X509_STORE_set_default_paths(store)) != 1) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        error_set(error, -EINVAL, "cannot read trust anchors from %s: %s", shown,
                  reason ? reason : "unknown format");
        ERR_clear_error();
        X509_STORE_free(store);
        return -EINVAL;
    }
    /* libcurl sets the same flags on every connection; we set them once, before the store is shared. */
    X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
    *ret_store = store;
    return 0;
}

/* The one libcurl was built to use, unless OpenSSL's own variable names another. */
static const char *system_bundle(void)
{
    const char *named = getenv(X509_get_default_cert_file_env());
    return named && *named ? named : curl_version_info(CURLVERSION_NOW)->cainfo;
}

static struct kept_store *find_or_add(const char *path)
{
    for (struct kept_store *entry = kept; entry; entry = entry->next)
        if (strcmp(entry->path, path) == 0)
            return entry;
    struct kept_store *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->path = strdup(path);
    if (!entry->path) {
        free(entry);
        return NULL;
    }
    entry->next = kept;
    kept = entry;
    return entry;
}

static int refresh(struct kept_store *entry, struct error *error)
{
    struct stat now;
    if (stat(entry->path, &now) < 0)
        return error_set(error, -errno, "cannot read trust anchors from %s: %s", entry->path,
                         strerror(errno));
    if (entry->store && is_unchanged(&entry->seen, &now))
        return 0;
    X509_STORE *store = NULL;
    int result = parse(entry->path, &store, error);
    if (result < 0)
        return result;
    X509_STORE_free(entry->store);
    SSL_CTX_free(STEAL(entry->context));
    entry->store = store;
    entry->seen = now;
    return 0;
}

int tls_trust_store(const char *ca_file, X509_STORE **ret_store, struct error *error)
{
    const char *path = ca_file ? ca_file : system_bundle();
    if (!path)
        return parse(NULL, ret_store, error); /* a directory of hashed links: nothing to parse in advance */
    pthread_mutex_lock(&lock);
    struct kept_store *entry = find_or_add(path);
    int result = -ENOMEM;
    if (!entry)
        error_set(error, result, "out of memory");
    else if ((result = refresh(entry, error)) == 0) {
        X509_STORE_up_ref(entry->store);
        *ret_store = entry->store;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

/* Where the context for STORE is kept; NULL: nowhere, as STORE isn't kept, or no longer. */
static SSL_CTX **context_of(const X509_STORE *store)
{
    for (struct kept_store *entry = kept; entry; entry = entry->next)
        if (entry->store == store)
            return &entry->context;
    return NULL;
}

int tls_context(const struct endpoint *endpoint, X509_STORE *store, SSL_CTX **ret_context,
                struct error *error)
{
    if (endpoint->client_cert) /* its file may have changed */
        return tls_context_new(endpoint, store, ret_context, error);
    pthread_mutex_lock(&lock);
    SSL_CTX **shared = context_of(store);
    int result = 0;
    if (shared && *shared)
        *ret_context = *shared;
    else
        result = tls_context_new(endpoint, store, ret_context, error);
    if (result == 0 && shared) {
        *shared = *ret_context;
        SSL_CTX_up_ref(*shared);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

const char *tls_library_versions(void)
{
    return curl_version();
}

bool tls_backend_is_openssl(void)
{
    const char *ssl = curl_version_info(CURLVERSION_NOW)->ssl_version;
    unsigned long linked = OpenSSL_version_num() >> 28;
    char prefix[32];
    snprintf(prefix, sizeof prefix, "OpenSSL/%lu.", linked);
    return ssl && text_starts_with(ssl, prefix);
}
