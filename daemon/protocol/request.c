#include "protocol/request.h"

#include "base/clock.h"
#include "base/template.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

/* Header protocol, User-Agent and Content-Type. */
enum { OWN_HEADERS = 4 };

static int look_up(const char *name, struct text *out, void *context)
{
    const struct request_values *values = context;
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
        if (!secret)
            return -ENOENT;
        text_add(out, secret);
    } else
        return -ENOENT;
    return 0;
}

static int render(const char *template, const struct request_values *values, char **ret_text,
                  struct error *error)
{
    struct request_values copy = *values;
    struct text out = {0};
    int result = template_expand(template, look_up, &copy, &out, error);
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

static bool names_header(const struct endpoint *endpoint, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < endpoint->n_headers; i++)
        if (strncasecmp(endpoint->headers[i], name, length) == 0 && endpoint->headers[i][length] == ':')
            return true;
    return false;
}

static int add_header(struct request *request, const char *template, const struct request_values *values,
                      struct error *error)
{
    int result = render(template, values, &request->headers[request->n_headers], error);
    if (result == 0)
        request->n_headers++;
    return result;
}

/* JSON is what handlers are sent; libcurl would say that it is a form. */
static const char *content_type(const char *body)
{
    char first = body[strspn(body, " \t\r\n")];
    return first == '{' || first == '[' ? "Content-Type: application/json"
                                        : "Content-Type: text/plain; charset=utf-8";
}

static int render_headers(const struct endpoint *endpoint, const struct request_values *values,
                          struct request *request, struct error *error)
{
    static const char *const protocol_headers[] = {"X-Lambda-Warm: ${round}/${index}/${count}",
                                                   "X-Lambda-Warm-Hold: ${hold_ms}"};
    request->headers = calloc(endpoint->n_headers + OWN_HEADERS, sizeof *request->headers);
    if (!request->headers)
        return -ENOMEM;
    int result = 0;
    if (!names_header(endpoint, "User-Agent"))
        result = add_header(request, "User-Agent: lambda-warmd/" WARMD_VERSION, values, error);
    if (result == 0 && request->body_length && !names_header(endpoint, "Content-Type"))
        result = add_header(request, content_type(request->body), values, error);
    for (size_t i = 0; result == 0 && endpoint->protocol == PROTOCOL_HEADER && i < COUNT_OF(protocol_headers);
         i++)
        result = add_header(request, protocol_headers[i], values, error);
    for (size_t i = 0; result == 0 && i < endpoint->n_headers; i++)
        result = add_header(request, endpoint->headers[i], values, error);
    return result;
}

int request_render(const struct endpoint *endpoint, const struct request_values *values,
                   struct request *ret_request, struct error *error)
{
    struct request request = {0};
    int result = render(values->url, values, &request.url, error);
    if (result == 0 && endpoint->body)
        result = render(endpoint->body, values, &request.body, error);
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

static void wipe_and_free(char *string)
{
    if (string)
        explicit_bzero(string, strlen(string));
    free(string);
}

void request_free(struct request *request)
{
    for (size_t i = 0; i < request->n_headers; i++)
        wipe_and_free(request->headers[i]);
    free(request->headers);
    wipe_and_free(request->url);
    wipe_and_free(request->body);
    *request = (struct request){0};
}
