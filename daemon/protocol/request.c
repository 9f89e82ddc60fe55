#include "protocol/request.h"

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/template.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

/* User-Agent, Content-Type, two of the header protocol, four of the Invoke API. */
enum { OWN_HEADERS = 8 };

/* What other makers' warmers send, which their handlers understand. The values are numbers and the round's
 * id, which is hexadecimal: nothing in them needs escaping. What is known of each handler, read in its
 * source:
 * - lambda-warmer (npm, 2.3.0) calls itself only where `concurrency` > 1 or `target` is another function;
 * else it waits for its own delay, but only where __WARMER_INVOCATION__ > 1: so counting begins at 2.
 * - lambda-warmer-py (0.6.0): the same; its correlation key is spelt otherwise.
 * - serverless-plugin-warmup (8.4.1): the handler compares `source`, of the event or the client context.
 * - OpenNext (4.1.12): any event with `type` is a ping; it waits `delay` ms and answers with its serverId. It
 *   doesn't read `concurrency`, so in `auto` that is lambda-warmer's 1.
 * - Bref (2): `warmer` must be true itself. */

static void add_lambda_warmer(const struct request_values *values, const char *correlation_key,
                              struct text *out)
{
    text_format(out,
                "{\"warmer\":true,\"concurrency\":1,\"__WARMER_INVOCATION__\":%" PRIu32
                ",\"__WARMER_CONCURRENCY__\":%" PRIu32 ",\"%s\":\"%s\"}",
                values->index + 1, values->count, correlation_key, values->round_id);
}

static void add_opennext(const struct request_values *values, struct text *out)
{
    text_format(out,
                "{\"type\":\"warmer\",\"warmerId\":\"%s\",\"index\":%" PRIu32 ",\"concurrency\":%" PRIu32
                ",\"delay\":%" PRIu64 "}",
                values->round_id, values->index - 1, values->count, values->hold_us / US_PER_MS);
}

/* Like a gateway's event, with lower-case names, as function URLs and HTTP APIs send them. */
static void add_headers(const struct request_values *values, struct text *out)
{
    text_format(out,
                "\"headers\":{\"x-lambda-warm\":\"%s/%" PRIu32 "/%" PRIu32
                "\",\"x-lambda-warm-hold\":\"%" PRIu64 "\",\"user-agent\":\"lambda-warmd/" WARMD_VERSION
                "\"}",
                values->round_id, values->index, values->count, values->hold_us / US_PER_MS);
}

static void add_all(const struct request_values *values, struct text *out)
{
    text_format(out,
                "{\"warmer\":true,\"concurrency\":1,\"__WARMER_INVOCATION__\":%" PRIu32
                ",\"__WARMER_CONCURRENCY__\":%" PRIu32
                ",\"__WARMER_CORRELATIONID__\":\"%s\",\"__WARMER_CORRELATION_ID__\":\"%s\"",
                values->index + 1, values->count, values->round_id, values->round_id);
    text_format(
        out,
        ",\"source\":\"serverless-plugin-warmup\",\"type\":\"warmer\",\"warmerId\":\"%s\",\"index\":%" PRIu32
        ",\"delay\":%" PRIu64 ",\"action\":\"PREWARM\",",
        values->round_id, values->index - 1, values->hold_us / US_PER_MS);
    add_headers(values, out);
    text_add(out, "}");
}

/* Does ENDPOINT's protocol have a payload, if no `body` replaces it? Over HTTP, `header` and `none` don't;
 * with Invoke, `header` sends an event like a gateway's. */
static bool has_payload(const struct endpoint *endpoint)
{
    switch (endpoint->protocol) {
    case PROTOCOL_NONE:
        return false;
    case PROTOCOL_HEADER:
        return endpoint->function;
    case PROTOCOL_LAMBDA_WARMER:
    case PROTOCOL_LAMBDA_WARMER_PY:
    case PROTOCOL_SERVERLESS_PLUGIN_WARMUP:
    case PROTOCOL_OPENNEXT:
    case PROTOCOL_BREF:
    case PROTOCOL_AUTO:
        return true;
    }
    return false;
}

static void add_payload(const struct endpoint *endpoint, const struct request_values *values,
                        struct text *out)
{
    switch (endpoint->protocol) {
    case PROTOCOL_NONE:
        break;
    case PROTOCOL_HEADER:
        text_add(out, "{");
        add_headers(values, out);
        text_add(out, "}");
        break;
    case PROTOCOL_LAMBDA_WARMER:
        add_lambda_warmer(values, "__WARMER_CORRELATIONID__", out);
        break;
    case PROTOCOL_LAMBDA_WARMER_PY:
        add_lambda_warmer(values, "__WARMER_CORRELATION_ID__", out);
        break;
    case PROTOCOL_SERVERLESS_PLUGIN_WARMUP:
        text_add(out, "{\"source\":\"serverless-plugin-warmup\"}");
        break;
    case PROTOCOL_OPENNEXT:
        add_opennext(values, out);
        break;
    case PROTOCOL_BREF:
        text_add(out, "{\"warmer\":true}");
        break;
    case PROTOCOL_AUTO:
        add_all(values, out);
        break;
    }
}

/* The client context that the protocol needs, as JSON, for X-Amz-Client-Context; NULL: none. */
static const char *client_context(const struct endpoint *endpoint)
{
    bool wanted =
        endpoint->protocol == PROTOCOL_SERVERLESS_PLUGIN_WARMUP || endpoint->protocol == PROTOCOL_AUTO;
    /* AWS passes it only to functions that are called synchronously. */
    return wanted && endpoint->mode == INVOKE_SYNC ? "{\"custom\":{\"source\":\"serverless-plugin-warmup\"}}"
                                                   : NULL;
}

/* Judged by the body's own shape, whatever the user's headers say. */
static bool is_json(const struct endpoint *endpoint, const char *body)
{
    return endpoint->function || json_is_begun(body);
}

struct expansion {
    const struct request_values *values;
    bool is_json;
    struct error *error;
};

/* In JSON, a secret can't become more than one value: in a string, it stays there; elsewhere, it must be one
 * value. */
static int add_secret(struct text *out, const char *name, const char *secret,
                      const struct expansion *expansion)
{
    struct json_document document;
    bool in_string = expansion->is_json && json_ends_in_string(out->data ? out->data : "");
    if (expansion->is_json && !in_string && json_document_read(secret, strlen(secret), &document, NULL) < 0)
        return error_set(expansion->error, -EINVAL,
                         "${%s} stands in a JSON body outside of a string, and is not a JSON value", name);
    if (in_string)
        json_add_escaped(out, secret);
    else
        text_add(out, secret);
    return 0;
}

static int look_up(const char *name, struct text *out, void *context)
{
    const struct expansion *expansion = context;
    const struct request_values *values = expansion->values;
    if (strcmp(name, "round") == 0)
        text_add(out, values->round_id);
    else if (strcmp(name, "index") == 0)
        text_format(out, "%" PRIu32, values->index);
    else if (strcmp(name, "count") == 0)
        text_format(out, "%" PRIu32, values->count);
    else if (strcmp(name, "hold_ms") == 0)
        text_format(out, "%" PRIu64, values->hold_us / US_PER_MS);
    else if (text_starts_with(name, "credential:")) {
        const char *secret = plan_secret(values->plan, name + strlen("credential:"));
        return secret ? add_secret(out, name, secret, expansion) : -ENOENT;
    } else
        return -ENOENT;
    return 0;
}

static int render(const char *template, const struct request_values *values, bool as_json, char **ret_text,
                  struct error *error)
{
    struct expansion expansion = {values, as_json, error};
    struct text out = {0};
    int result = template_expand(template, look_up, &expansion, &out, error);
    char *text = text_take(&out);
    if (result == 0 && !text)
        result = -ENOMEM;
    if (result < 0) {
        free(text);
        return result;
    }
    *ret_text = text;
    return 0;
}

bool headers_have(char *const *headers, size_t n, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < n; i++)
        if (strncasecmp(headers[i], name, length) == 0 && headers[i][length] == ':')
            return true;
    return false;
}

static int add_header(struct request *request, const char *template, const struct request_values *values,
                      struct error *error)
{
    int result = render(template, values, false, &request->headers[request->n_headers], error);
    if (result == 0)
        request->n_headers++;
    return result;
}

/* Adds a header of ours, unless the user sets one of that name. */
static int add_own(const struct endpoint *endpoint, struct request *request, const char *name,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));
static int add_own(const struct endpoint *endpoint, struct request *request, const char *name,
                   const char *format, ...)
{
    char *value = NULL;
    va_list args;
    if (headers_have(endpoint->headers, endpoint->n_headers, name))
        return 0;
    va_start(args, format);
    int length = vasprintf(&value, format, args);
    va_end(args);
    CLEANUP_FREE char *to_free = length < 0 ? NULL : value;
    if (length < 0 || asprintf(&request->headers[request->n_headers], "%s: %s", name, to_free) < 0)
        return -ENOMEM;
    request->n_headers++;
    return 0;
}

/* Handlers get JSON, and the Invoke API accepts nothing else; libcurl would call it a form. */
static const char *content_type(const struct endpoint *endpoint, const char *body)
{
    return is_json(endpoint, body) ? "application/json" : "text/plain; charset=utf-8";
}

static int add_client_context(const struct endpoint *endpoint, struct request *request)
{
    const char *context = client_context(endpoint);
    if (!context)
        return 0;
    CLEANUP_TEXT struct text encoded = {0};
    base64_encode(context, strlen(context), &encoded);
    return encoded.failed ? -ENOMEM : add_own(endpoint, request, "X-Amz-Client-Context", "%s", encoded.data);
}

/* Source: AWS's reference, Lambda API, Invoke. */
static int add_invoke_headers(const struct endpoint *endpoint, struct request *request)
{
    bool sync = endpoint->mode == INVOKE_SYNC;
    int result =
        add_own(endpoint, request, "X-Amz-Invocation-Type", "%s", sync ? "RequestResponse" : "Event");
    if (result == 0 && sync)
        result = add_own(endpoint, request, "X-Amz-Log-Type", "Tail");
    if (result == 0 && endpoint->tenant_id)
        result = add_own(endpoint, request, "X-Amz-Tenant-Id", "%s", endpoint->tenant_id);
    return result;
}

static int add_own_headers(const struct endpoint *endpoint, const struct request_values *values,
                           struct request *request)
{
    bool by_header =
        !endpoint->function && (endpoint->protocol == PROTOCOL_HEADER || endpoint->protocol == PROTOCOL_AUTO);
    int result = add_own(endpoint, request, "User-Agent", "lambda-warmd/" WARMD_VERSION);
    if (result == 0 && request->body_length)
        result = add_own(endpoint, request, "Content-Type", "%s", content_type(endpoint, request->body));
    if (result == 0 && endpoint->function)
        result = add_invoke_headers(endpoint, request);
    if (result == 0)
        result = add_client_context(endpoint, request);
    if (result == 0 && by_header)
        result = add_own(endpoint, request, "X-Lambda-Warm", "%s/%" PRIu32 "/%" PRIu32, values->round_id,
                         values->index, values->count);
    if (result == 0 && by_header)
        result = add_own(endpoint, request, "X-Lambda-Warm-Hold", "%" PRIu64, values->hold_us / US_PER_MS);
    return result;
}

static int render_headers(const struct endpoint *endpoint, const struct request_values *values,
                          struct request *request, struct error *error)
{
    request->headers = calloc(endpoint->n_headers + OWN_HEADERS, sizeof *request->headers);
    if (!request->headers)
        return -ENOMEM;
    int result = add_own_headers(endpoint, values, request);
    for (size_t i = 0; result == 0 && i < endpoint->n_headers; i++)
        result = add_header(request, endpoint->headers[i], values, error);
    return result;
}

static const char *method_of(const struct endpoint *endpoint)
{
    if (endpoint->function)
        return "POST";
    return endpoint->method ? endpoint->method : endpoint->body || has_payload(endpoint) ? "POST" : "GET";
}

static int render_body(const struct endpoint *endpoint, const struct request_values *values,
                       struct request *request, struct error *error)
{
    bool bodiless = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    if (endpoint->body)
        return render(endpoint->body, values, is_json(endpoint, endpoint->body), &request->body, error);
    if (bodiless || !has_payload(endpoint))
        return 0;
    struct text payload = {0};
    add_payload(endpoint, values, &payload);
    request->body = text_take(&payload);
    return request->body ? 0 : -ENOMEM;
}

int request_render(const struct endpoint *endpoint, const struct request_values *values,
                   struct request *ret_request, struct error *error)
{
    struct request request = {.method = method_of(endpoint)};
    int result = render(values->url, values, false, &request.url, error);
    if (result == 0)
        result = render_body(endpoint, values, &request, error);
    request.body_length = request.body ? strlen(request.body) : 0;
    if (result == 0)
        result = render_headers(endpoint, values, &request, error);
    if (result < 0) {
        request_free(&request);
        return result == -ENOMEM ? error_set(error, result, "out of memory") : result;
    }
    *ret_request = request;
    return 0;
}

void request_free(struct request *request)
{
    for (size_t i = 0; i < request->n_headers; i++)
        secret_free(request->headers[i]);
    free(request->headers);
    secret_free(request->url);
    secret_free(request->body);
    *request = (struct request){0};
}
