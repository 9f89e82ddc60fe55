#include "protocol/refusal.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    TYPE_MAX = 64,
    STATUS_BAD = 400,
    STATUS_MISSING = 404,
    STATUS_THROTTLED = 429,
    READ_MAX = 1024 /* bytes of a text that we look at: white space may drop out, and escapes that were part
                       of a secret */
};

struct rule {
    const char *type; /* part of the error's type; NULL: any */
    const char *text; /* part of the message; NULL: any */
    enum cause cause;
    const char *detail; /* replaces the message, which must not be shown; NULL: the message may be */
};

/* The first rule that fits decides. Sources: AWS's references, "Common errors" of the Lambda API,
 * "Troubleshooting Signature Version 4", and what API Gateway and function URLs answer. */
static const struct rule signed_rules[] = {
    {"ExpiredToken", NULL, CAUSE_EXPIRED_TOKEN, NULL},
    {NULL, "security token included in the request is expired", CAUSE_EXPIRED_TOKEN, NULL},
    {NULL, "Signature expired", CAUSE_CLOCK_SKEW, NULL},
    {NULL, "Signature not yet current", CAUSE_CLOCK_SKEW, NULL},
    {"RequestTimeTooSkewed", NULL, CAUSE_CLOCK_SKEW, NULL},
    {"RequestExpired", NULL, CAUSE_CLOCK_SKEW, NULL},
    {"RequestInTheFuture", NULL, CAUSE_CLOCK_SKEW, NULL},
    {NULL, "request signature we calculated does not match", CAUSE_SIGNATURE,
     "the signature doesn't match: check the secret key, region and service"},
    {"SignatureDoesNotMatch", NULL, CAUSE_SIGNATURE,
     "the signature doesn't match: check the secret key, region and service"},
    {"InvalidSignature", NULL, CAUSE_SIGNATURE, ""},
    {"IncompleteSignature", NULL, CAUSE_SIGNATURE, ""},
    {NULL, "security token included in the request is invalid", CAUSE_SIGNATURE,
     "the access key or session token isn't known"},
    {"UnrecognizedClient", NULL, CAUSE_SIGNATURE, "the access key or session token isn't known"},
    {"InvalidClientTokenId", NULL, CAUSE_SIGNATURE, "the access key or session token isn't known"},
    {"MissingAuthenticationToken", NULL, CAUSE_SIGNATURE, "Missing Authentication Token"},
    {NULL, "Missing Authentication Token", CAUSE_SIGNATURE, "Missing Authentication Token"},
    {"AccessDenied", NULL, CAUSE_ACCESS_DENIED, NULL},
    {NULL, "not authorized to perform", CAUSE_ACCESS_DENIED, NULL},
    {NULL, "not authorized to access this resource", CAUSE_ACCESS_DENIED, NULL},
    {"Forbidden", NULL, CAUSE_ACCESS_DENIED, NULL},
};

static const struct {
    const char *reason;
    enum cause cause;
} throttles[] = {
    {"ConcurrentInvocationLimitExceeded", CAUSE_CONCURRENCY_LIMIT},
    {"ReservedFunctionConcurrentInvocationLimitExceeded", CAUSE_RESERVED_CONCURRENCY},
    {"ReservedFunctionInvocationRateLimitExceeded", CAUSE_RATE_LIMIT},
    {"FunctionInvocationRateLimitExceeded", CAUSE_RATE_LIMIT},
    {"CallerRateLimitExceeded", CAUSE_CALLER_RATE_LIMIT},
    {"ConcurrentSnapshotCreateLimitExceeded", CAUSE_SNAPSHOT_LIMIT},
};

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

/* Turns each run of white space and control characters into one blank, with none at either end. */
static void make_line(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++)
        if (!is_blank(*from))
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    if (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

/* Cuts between two characters. */
static void cut(char *text)
{
    static const char ellipsis[] = "…";
    size_t length = SAMPLE_DETAIL_MAX - strlen(ellipsis);
    if (strlen(text) <= SAMPLE_DETAIL_MAX)
        return;
    while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    memcpy(text + length, ellipsis, sizeof ellipsis);
}

char *refusal_quote(const struct redactor *redactor, const char *text)
{
    CLEANUP_FREE char *line = text && !redactor->hides_all ? strndup(text, READ_MAX) : NULL;
    if (!line)
        return NULL;
    redactor_apply(redactor, line);
    make_line(line);
    cut(line);
    return *line ? STEAL(line) : NULL;
}

static char *message_in(const struct json_document *document)
{
    static const struct {
        const char *pointer, *name;
    } places[] = {{"", "message"},
                  {"", "errorMessage"},
                  {"", "error_description"},
                  {"/error", "message"},
                  {"/errors/0", "message"},
                  {"", "detail"},
                  {"", "error"},
                  {"", "title"}};
    char *message = json_document_text(document, "");
    for (size_t i = 0; !message && i < COUNT_OF(places); i++)
        message = json_document_member(document, places[i].pointer, places[i].name);
    return message;
}

static char *title_in(const char *page)
{
    const char *begin = strcasestr(page, "<title>");
    const char *end = begin ? strcasestr(begin, "</title>") : NULL;
    return end ? strndup(begin + strlen("<title>"), (size_t)(end - begin) - strlen("<title>")) : NULL;
}

static bool is_nothing(const char *text)
{
    static const char *const nothings[] = {"{}", "[]", "null", "\"\""};
    for (size_t i = 0; i < COUNT_OF(nothings); i++)
        if (strcmp(text, nothings[i]) == 0)
            return true;
    return false;
}

/* What an error's BODY says: the message of DOCUMENT (BODY as JSON, NULL if it isn't); the title of an HTML
 * page; or just its beginning. As received, as a new string; NULL: it says nothing, or memory ran out. */
static char *quote_body(const struct text *body, const struct json_document *document)
{
    const char *text = body->data ? body->data : "";
    char *said = message_in(document);
    if (!said && text[strspn(text, " \t\r\n")] == '<')
        said = title_in(text);
    if (!said && *text && !is_nothing(text))
        said = strdup(text);
    return said;
}

/* "com.amazonaws.lambda#ExpiredTokenException", "AccessDeniedException:http://…": takes the name out of it.
 * "" if nothing looks like one. Secrets are removed from the whole text first: no part of one may remain. */
static void take_type(const struct redactor *redactor, const char *whole, char type[TYPE_MAX])
{
    CLEANUP_FREE char *text = whole ? strdup(whole) : NULL;
    redactor_apply(redactor, text);
    const char *start = text ? strchr(text, '#') : NULL;
    start = start ? start + 1 : text ? text : "";
    size_t length = strspn(start, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._");
    if (length >= TYPE_MAX)
        length = TYPE_MAX - 1;
    memcpy(type, start, length);
    type[length] = '\0';
}

static void type_of(const struct refused *refused, char type[TYPE_MAX])
{
    static const char *const members[] = {"__type", "code"};
    take_type(refused->redactor, refused->error_type, type);
    for (size_t i = 0; !*type && i < COUNT_OF(members); i++) {
        CLEANUP_FREE char *text = json_document_member(refused->body, "", members[i]);
        take_type(refused->redactor, text, type);
    }
}

/* Other than for a refused signature, only a server that means to trap us would quote these. */
static bool quotes_what_was_signed(const char *message)
{
    static const char *const signs[] = {
        "AWS4-HMAC", "security-token", "signature=", "credential=", "canonical", "string-to-sign"};
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (strcasestr(message, signs[i]))
            return true;
    return false;
}

/* What was denied comes after who may not do it, and names of roles are long. */
static const char *essence(const char *type, const char *message)
{
    const char *denied = strstr(message, "not authorized to perform");
    return denied && strlen(type) + strlen(": ") + strlen(message) > SAMPLE_DETAIL_MAX ? denied : message;
}

/* The error's TYPE and its MESSAGE ("" and NULL if there is none); OWN, our words, replaces a message that
 * must not be shown. NULL: there is nothing to say. */
static char *explain(const struct refused *refused, const char *type, const char *message, const char *own)
{
    CLEANUP_TEXT struct text text = {0};
    if (message && quotes_what_was_signed(message))
        message = NULL;
    if (message)
        message = essence(type, message);
    if (own)
        message = *own ? own : NULL;
    text_add(&text, type);
    if (*type && message)
        text_add(&text, ": ");
    if (message)
        text_add(&text, message);
    char *line = refusal_quote(refused->redactor, text.data);
    return line || !own || !*own ? line : strdup(own);
}

static bool fits(const struct rule *rule, const char *type, const char *message)
{
    return (!rule->type || strstr(type, rule->type)) &&
           (!rule->text || (message && strcasestr(message, rule->text)));
}

static struct refusal of_signature(const struct refused *refused, const char *type, const char *message,
                                   const char *said)
{
    for (size_t i = 0; i < COUNT_OF(signed_rules); i++) {
        const struct rule *rule = &signed_rules[i];
        if (fits(rule, type, message))
            return (struct refusal){rule->cause, explain(refused, type, message, rule->detail)};
    }
    if (refused->status == 403 && message && text_starts_with(message, "Forbidden"))
        return (struct refusal){CAUSE_ACCESS_DENIED, explain(refused, type, message, NULL)};
    return (struct refusal){CAUSE_STATUS, explain(refused, type, said, NULL)};
}

static struct refusal of_throttle(const struct refused *refused, const char *said)
{
    CLEANUP_FREE char *reason = json_document_member(refused->body, "", "Reason");
    const char *text = reason ? reason : said;
    struct refusal refusal = {CAUSE_THROTTLED, text ? explain(refused, "", text, NULL) : NULL};
    for (size_t i = 0; text && i < COUNT_OF(throttles); i++)
        if (strcmp(text, throttles[i].reason) == 0)
            refusal.cause = throttles[i].cause;
    return refusal;
}

/* The detail says where it leads; that is all. */
static struct refusal of_redirect(const struct refused *refused)
{
    CLEANUP_TEXT struct text text = {0};
    text_format(&text, "to %s", refused->location);
    return (struct refusal){CAUSE_REDIRECT, refusal_quote(refused->redactor, text.data)};
}

struct refusal refusal_read(const struct endpoint *endpoint, const struct refused *refused)
{
    CLEANUP_FREE char *message = json_document_member(refused->body, "", "message");
    CLEANUP_FREE char *said = quote_body(refused->text, refused->body);
    bool redirects = refused->status >= 300 && refused->status < 400;
    char type[TYPE_MAX];
    type_of(refused, type);
    if (refused->status == STATUS_THROTTLED)
        return of_throttle(refused, said);
    if (redirects && refused->location)
        return of_redirect(refused);
    if (endpoint->auth == AUTH_SIGV4 &&
        (refused->status == STATUS_BAD || refused->status == 401 || refused->status == 403))
        return of_signature(refused, type, message, said);
    if (endpoint->function && refused->status == STATUS_MISSING && strstr(type, "ResourceNotFound"))
        return (struct refusal){CAUSE_NO_FUNCTION, explain(refused, "", said, NULL)};
    return (struct refusal){redirects ? CAUSE_REDIRECT : CAUSE_STATUS, explain(refused, type, said, NULL)};
}

char *refusal_of_function(const char *kind, const struct refused *refused)
{
    CLEANUP_TEXT struct text text = {0};
    CLEANUP_FREE char *type = json_document_text(refused->body, "/errorType");
    CLEANUP_FREE char *message = json_document_text(refused->body, "/errorMessage");
    CLEANUP_FREE char *said = message || type ? NULL : quote_body(refused->text, refused->body);
    text_add(&text, kind);
    if (type)
        text_format(&text, ": %s", type);
    if (said && refused->why_no_json)
        text_format(&text, ": the payload %s", refused->why_no_json);
    if (message || said)
        text_format(&text, ": %s", message ? message : said);
    return refusal_quote(refused->redactor, text.data);
}
