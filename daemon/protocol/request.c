#include "protocol/request.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/template.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

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

#define LAMBDA_WARMER                                                                                        \
    "\"warmer\":true,\"concurrency\":1,\"__WARMER_INVOCATION__\":${from_2},"                                 \
    "\"__WARMER_CONCURRENCY__\":${count}"
#define CORRELATION ",\"__WARMER_CORRELATIONID__\":\"${round}\""
#define CORRELATION_PY ",\"__WARMER_CORRELATION_ID__\":\"${round}\""
#define SERVERLESS_PLUGIN_WARMUP "\"source\":\"serverless-plugin-warmup\""
#define OPENNEXT "\"type\":\"warmer\",\"warmerId\":\"${round}\",\"index\":${from_0}"
#define OPENNEXT_DELAY ",\"delay\":${hold_ms}"
/* Like a gateway's event, with lower-case names, as function URLs and HTTP APIs send them. */
#define HEADERS                                                                                              \
    "\"headers\":{\"x-lambda-warm\":\"${round}/${index}/${count}\",\"x-lambda-warm-hold\":\"${hold_ms}\","   \
    "\"user-agent\":\"lambda-warmd/" WARMD_VERSION "\"}"

/* {"custom":{"source":"serverless-plugin-warmup"}} in base64. */
#define CLIENT_CONTEXT "eyJjdXN0b20iOnsic291cmNlIjoic2VydmVybGVzcy1wbHVnaW4td2FybXVwIn19"

/* What ENDPOINT's protocol sends if no `body` replaces it, as a template; NULL: nothing. Over HTTP, `header`
 * sends nothing; with Invoke, it sends an event like a gateway's. */
static const char *payload_of(const struct endpoint *endpoint)
{
    switch (endpoint->protocol) {
    case PROTOCOL_NONE:
        return NULL;
    case PROTOCOL_HEADER:
        return endpoint->function ? "{" HEADERS "}" : NULL;
    case PROTOCOL_LAMBDA_WARMER:
        return "{" LAMBDA_WARMER CORRELATION "}";
    case PROTOCOL_LAMBDA_WARMER_PY:
        return "{" LAMBDA_WARMER CORRELATION_PY "}";
    case PROTOCOL_SERVERLESS_PLUGIN_WARMUP:
        return "{" SERVERLESS_PLUGIN_WARMUP "}";
    case PROTOCOL_OPENNEXT:
        return "{" OPENNEXT ",\"concurrency\":${count}" OPENNEXT_DELAY "}";
    case PROTOCOL_BREF:
        return "{\"warmer\":true}";
    case PROTOCOL_AUTO:
        return "{" LAMBDA_WARMER CORRELATION CORRELATION_PY "," SERVERLESS_PLUGIN_WARMUP
               "," OPENNEXT OPENNEXT_DELAY ",\"action\":\"PREWARM\"," HEADERS "}";
    }
    return NULL;
}

/* Judged by the body's own shape, whatever the user's headers say. */
static bool is_json(const struct endpoint *endpoint, const char *body)
{
    return endpoint->function || json_is_begun(body);
}

struct expansion {
    const struct endpoint *endpoint;
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

/* Names in our own templates only. */
static int look_up_own(const char *name, struct text *out, void *context)
{
    const struct expansion *expansion = context;
    if (strcmp(name, "from_0") == 0)
        text_format(out, "%" PRIu32, expansion->values->index - 1);
    else if (strcmp(name, "from_2") == 0)
        text_format(out, "%" PRIu32, expansion->values->index + 1);
    else if (strcmp(name, "tenant") == 0)
        text_add(out, expansion->endpoint->tenant_id);
    else
        return look_up(name, out, context);
    return 0;
}

static int render(const char *template, template_lookup by, struct expansion expansion, char **ret_text)
{
    struct text out = {0};
    int result = template_expand(template, by, &expansion, &out, expansion.error);
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
    size_t length = strcspn(name, ":");
    for (size_t i = 0; i < n; i++)
        if (strncasecmp(headers[i], name, length) == 0 && headers[i][length] == ':')
            return true;
    return false;
}

/* The headers of ours that the user sets none of, then the user's.
 * Source of the Invoke API's: AWS's reference, Lambda API, Invoke. */
static int render_headers(struct expansion expansion, struct request *request)
{
    const struct endpoint *endpoint = expansion.endpoint;
    enum warm_protocol protocol = endpoint->protocol;
    bool sync = endpoint->mode == INVOKE_SYNC, json = is_json(endpoint, request->body ? request->body : "");
    bool by_header = !endpoint->function && (protocol == PROTOCOL_HEADER || protocol == PROTOCOL_AUTO);
    bool by_context = protocol == PROTOCOL_SERVERLESS_PLUGIN_WARMUP || protocol == PROTOCOL_AUTO;
    const struct {
        bool applies;
        const char *template;
    } own[] = {
        {true, "User-Agent: lambda-warmd/" WARMD_VERSION},
        /* Handlers get JSON, and the Invoke API accepts nothing else; libcurl would call it a form. */
        {request->body_length && json, "Content-Type: application/json"},
        {request->body_length && !json, "Content-Type: text/plain; charset=utf-8"},
        {endpoint->function && sync, "X-Amz-Invocation-Type: RequestResponse"},
        {endpoint->function && !sync, "X-Amz-Invocation-Type: Event"},
        {endpoint->function && sync, "X-Amz-Log-Type: Tail"},
        {endpoint->function && endpoint->tenant_id, "X-Amz-Tenant-Id: ${tenant}"},
        /* AWS passes it only to functions that are called synchronously. */
        {by_context && sync, "X-Amz-Client-Context: " CLIENT_CONTEXT},
        {by_header, "X-Lambda-Warm: ${round}/${index}/${count}"},
        {by_header, "X-Lambda-Warm-Hold: ${hold_ms}"},
    };
    int result = 0;
    char **headers = request->headers = calloc(endpoint->n_headers + COUNT_OF(own), sizeof *headers);
    if (!headers)
        return -ENOMEM;
    for (size_t i = 0; result == 0 && i < COUNT_OF(own); i++)
        if (own[i].applies && !headers_have(endpoint->headers, endpoint->n_headers, own[i].template)) {
            result = render(own[i].template, look_up_own, expansion, &headers[request->n_headers]);
            request->n_headers += result == 0;
        }
    for (size_t i = 0; result == 0 && i < endpoint->n_headers; i++) {
        result = render(endpoint->headers[i], look_up, expansion, &headers[request->n_headers]);
        request->n_headers += result == 0;
    }
    return result;
}

static const char *method_of(const struct endpoint *endpoint)
{
    if (endpoint->function)
        return "POST";
    return endpoint->method ? endpoint->method : endpoint->body || payload_of(endpoint) ? "POST" : "GET";
}

static int render_body(struct expansion expansion, struct request *request)
{
    const struct endpoint *endpoint = expansion.endpoint;
    const char *payload = payload_of(endpoint);
    bool bodiless = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    expansion.is_json = endpoint->body && is_json(endpoint, endpoint->body);
    if (endpoint->body)
        return render(endpoint->body, look_up, expansion, &request->body);
    return bodiless || !payload ? 0 : render(payload, look_up_own, expansion, &request->body);
}

int request_render(const struct endpoint *endpoint, const struct request_values *values,
                   struct request *ret_request, struct error *error)
{
    struct request request = {.method = method_of(endpoint)};
    struct expansion expansion = {.endpoint = endpoint, .values = values, .error = error};
    int result = render(values->url, look_up, expansion, &request.url);
    if (result == 0)
        result = render_body(expansion, &request);
    request.body_length = request.body ? strlen(request.body) : 0;
    if (result == 0)
        result = render_headers(expansion, &request);
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
