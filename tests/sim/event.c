#include "event.h"

#include "base64.h"
#include "json.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* By name, in lower case; repeated headers are joined. HTTP/2's pseudo-headers are left out, except
 * :authority, which becomes host. */
static json_t *headers_of(const struct request *request)
{
    json_t *headers = json_object();
    for (size_t i = 0; i < request->n_headers; i++) {
        const char *name = request->headers[i].name, *value = request->headers[i].value;
        const char *key = strcmp(name, ":authority") == 0 ? "host" : name;
        if (*key == ':')
            continue;
        json_t *text = json_text(value, strlen(value)), *before = json_object_get(headers, key);
        if (before) {
            json_t *joined = json_sprintf("%s,%s", json_string_value(before), json_string_value(text));
            json_decref(text);
            text = joined;
        }
        json_object_set_new(headers, key, text);
    }
    return headers;
}

static void put_body(json_t *event, const struct request *request)
{
    const struct buffer *body = &request->body;
    json_t *text = body->length ? json_stringn(body->data, body->length) : NULL;
    json_object_set_new(event, "isBase64Encoded", json_boolean(body->length && !text));
    if (!text && body->length) {
        char *encoded = base64_encode(body->data, body->length);
        text = json_string(encoded);
        free(encoded);
    }
    if (text)
        json_object_set_new(event, "body", text);
}

json_t *event_of_front(const struct request *request, const char *path, const char *id)
{
    const char *query = request->target + strcspn(request->target, "?");
    json_t *raw_path = json_text(path, strlen(path));
    query += *query == '?';
    json_t *event =
        json_pack("{s:s,s:s,s:O,s:o,s:o,s:{s:s,s:s,s:{s:s,s:o}}}", "version", "2.0", "routeKey", "$default",
                  "rawPath", raw_path, "rawQueryString", json_text(query, strlen(query)), "headers",
                  headers_of(request), "requestContext", "requestId", id, "stage", "$default", "http",
                  "method", request->method, "path", raw_path);
    if (!event)
        die_of_memory();
    put_body(event, request);
    return event;
}

static bool is_header_text(const char *text)
{
    return text && !text[strcspn(text, "\r\n")];
}

/* Whether a handler may set this header: a front sets some itself. */
static bool is_settable(const char *name)
{
    static const char *const own[] = {"content-length", "connection", "transfer-encoding", "date"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcasecmp(name, own[i]) == 0)
            return false;
    return *name && !name[strcspn(name, " \t\r\n:")];
}

static void add_header(struct front_answer *answer, const char *name, const json_t *value)
{
    char *text = json_is_string(value) ? duplicate(json_string_value(value), json_string_length(value))
                                       : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    bool fits = answer->n_headers < sizeof answer->headers / sizeof answer->headers[0];
    if (!fits || !is_settable(name) || !is_header_text(text)) {
        free(text);
        return;
    }
    answer->headers[answer->n_headers].name = duplicate(name, strlen(name));
    answer->headers[answer->n_headers++].value = text;
}

static void set_body(struct front_answer *answer, const json_t *body, bool encoded)
{
    const char *text = json_string_value(body);
    if (text && encoded)
        base64_decode(text, &answer->body);
    else if (text)
        buffer_add(&answer->body, text, json_string_length(body));
    else if (body && !json_is_null(body)) {
        char *dumped = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
        buffer_add(&answer->body, dumped ? dumped : "", dumped ? strlen(dumped) : 0);
        free(dumped);
    }
}

static bool has_header(const struct front_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->n_headers; i++)
        if (strcasecmp(answer->headers[i].name, name) == 0)
            return true;
    return false;
}

void front_answer_of(const json_t *result, struct front_answer *ret_answer)
{
    json_t *headers = json_object_get(result, "headers");
    int status = (int)json_integer_value(json_object_get(result, "statusCode"));
    *ret_answer = (struct front_answer){.status = status > 100 && status < 600 ? status : 200};
    if (!json_object_get(result, "statusCode"))
        set_body(ret_answer, result, false);
    else {
        for (void *at = json_object_iter(headers); at; at = json_object_iter_next(headers, at))
            add_header(ret_answer, json_object_iter_key(at), json_object_iter_value(at));
        set_body(ret_answer, json_object_get(result, "body"),
                 json_is_true(json_object_get(result, "isBase64Encoded")));
    }
    if (ret_answer->body.length && !has_header(ret_answer, "content-type")) {
        json_t *json = json_string("application/json");
        add_header(ret_answer, "Content-Type", json);
        json_decref(json);
    }
}

void front_answer_free(struct front_answer *answer)
{
    for (size_t i = 0; i < answer->n_headers; i++) {
        free(answer->headers[i].name);
        free(answer->headers[i].value);
    }
    buffer_free(&answer->body);
    *answer = (struct front_answer){0};
}
