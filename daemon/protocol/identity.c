#include "protocol/identity.h"

#include "base/encode.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char instance_name[] = "X-Lambda-Instance", cold_name[] = "X-Lambda-Cold";

/* "1", "true" or "yes", "0", "false" or "no", in any case. */
static enum coldness parse_cold(const char *text)
{
    if (!text)
        return COLD_UNKNOWN;
    if (strcmp(text, "1") == 0 || strcasecmp(text, "true") == 0 || strcasecmp(text, "yes") == 0)
        return COLD_YES;
    if (strcmp(text, "0") == 0 || strcasecmp(text, "false") == 0 || strcasecmp(text, "no") == 0)
        return COLD_NO;
    return COLD_UNKNOWN;
}

const char *identity_header(const struct extract *extract, const char *theirs)
{
    return extract->kind == EXTRACT_HEADER ? extract->name : extract->kind == EXTRACT_ANY ? theirs : NULL;
}

/* From an answer like a gateway's: with Invoke, the headers that an HTTP client would see are in the
 * payload. */
static char *header_in_body(const struct json_document *body, const char *name)
{
    char *value = json_document_member(body, "/headers", name);
    return value ? value : json_document_member(body, "/multiValueHeaders", name);
}

/* OpenNext calls its instance serverId; `instance` is the obvious name for one. */
static char *instance_in_body(const struct json_document *body)
{
    char *value = header_in_body(body, instance_name);
    if (!value)
        value = json_document_text(body, "/serverId");
    return value ? value : json_document_text(body, "/instance");
}

/* From the place in the body that the configuration names, if it does. */
static char *text_in_body(const struct extract *extract, const struct clues *clues)
{
    if (extract->kind == EXTRACT_HEADER && clues->by_invoke)
        return header_in_body(clues->body, extract->name);
    return extract->kind == EXTRACT_JSON ? json_document_text(clues->body, extract->name) : NULL;
}

static bool may_be_in_tail(const struct extract *extract)
{
    return extract->kind == EXTRACT_LOG_TAIL || extract->kind == EXTRACT_ANY;
}

/* The tail's is moved out of it: it is needed only once. */
static char *find_instance(const struct extract *extract, const struct clues *clues)
{
    if (clues->instance_header)
        return strdup(clues->instance_header);
    char *found = extract->kind == EXTRACT_ANY ? instance_in_body(clues->body) : text_in_body(extract, clues);
    return found || !may_be_in_tail(extract) ? found : STEAL(clues->tail->instance);
}

/* Replaces an id that is too long to store and show with its SHA-256. NULL, which is unproven, if that
 * fails. */
static char *digest_and_free(char *id)
{
    static const char label[] = "sha256:";
    unsigned char digest[EVP_MAX_MD_SIZE];
    char digits[2 * EVP_MAX_MD_SIZE + 1];
    unsigned n = 0;
    char *text = NULL;
    bool done = EVP_Digest(id, strlen(id), digest, &n, EVP_sha256(), NULL) == 1;
    free(id);
    hex_encode(digest, n, digits);
    return done && asprintf(&text, "%s%s", label, digits) >= 0 ? text : NULL;
}

char *identity_instance(const struct endpoint *endpoint, const struct redactor *redactor,
                        const struct clues *clues)
{
    char *found = find_instance(&endpoint->instance, clues);
    if (found && clues->request_id && strcmp(found, clues->request_id) == 0) {
        free(found);
        return NULL;
    }
    if (found && (strlen(found) > INSTANCE_ID_MAX || redactor->hides_all))
        return digest_and_free(found);
    redactor_apply(redactor, found);
    return found;
}

static enum coldness parse_and_free(char *text)
{
    enum coldness cold = parse_cold(text);
    free(text);
    return cold;
}

static enum coldness find_cold(const struct extract *extract, const struct clues *clues)
{
    enum coldness cold = parse_cold(clues->cold_header);
    if (cold != COLD_UNKNOWN)
        return cold;
    cold = parse_and_free(extract->kind == EXTRACT_ANY ? header_in_body(clues->body, cold_name)
                                                       : text_in_body(extract, clues));
    if (cold == COLD_UNKNOWN && extract->kind == EXTRACT_ANY)
        cold = parse_and_free(json_document_text(clues->body, "/cold"));
    return cold == COLD_UNKNOWN && may_be_in_tail(extract) ? clues->tail->cold : cold;
}

enum coldness identity_cold(const struct endpoint *endpoint, const struct clues *clues)
{
    enum coldness cold = find_cold(&endpoint->cold, clues);
    if (cold == COLD_UNKNOWN && endpoint->cold.kind != EXTRACT_NONE)
        cold = log_tail_reported_cold(clues->tail);
    return cold;
}
