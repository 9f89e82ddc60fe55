/* HTTP/1.1 with libhttp_parser. A connection handles one request at a time: what is pipelined after it waits,
 * as it does at a front that binds a request to an instance before it looks at the next. */
#include "connection.h"

#include "memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What callbacks return to make the parser stop. */
enum { GO_ON, STOP = -1 };

static int on_begin(http_parser *parser)
{
    struct connection *connection = parser->data;
    connection->request = request_new(connection);
    connection->request->target = duplicate("", 0);
    return GO_ON;
}

static int on_url(http_parser *parser, const char *at, size_t n)
{
    struct request *request = ((struct connection *)parser->data)->request;
    size_t length = strlen(request->target);
    request->target = reallocate(request->target, length + n + 1);
    memcpy(request->target + length, at, n);
    request->target[length + n] = '\0';
    return GO_ON;
}

static void end_header(struct connection *connection)
{
    if (connection->field.length)
        request_add_header(connection->request, connection->field.data, connection->field.length,
                           connection->value.data ? connection->value.data : "", connection->value.length);
    buffer_free(&connection->field);
    buffer_free(&connection->value);
}

static int on_field(http_parser *parser, const char *at, size_t n)
{
    struct connection *connection = parser->data;
    if (connection->value.block)
        end_header(connection);
    buffer_add(&connection->field, at, n);
    return GO_ON;
}

static int on_value(http_parser *parser, const char *at, size_t n)
{
    struct connection *connection = parser->data;
    buffer_add(&connection->value, at, n);
    return GO_ON;
}

/* Whether NAME is RFC 9110's token; the parser, as Debian builds it, accepts spaces. */
static bool is_token(const char *name)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr(others, *name))
            return false;
    return true;
}

static bool is_acceptable(const http_parser *parser, const struct request *request)
{
    if (parser->http_major != 1 || parser->method == HTTP_CONNECT)
        return false;
    for (size_t i = 0; i < request->n_headers; i++)
        if (!is_token(request->headers[i].name))
            return false;
    return parser->http_minor == 0 || request_header(request, "host");
}

static int on_headers(http_parser *parser)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct connection *connection = parser->data;
    struct request *request = connection->request;
    end_header(connection);
    if (!is_acceptable(parser, request))
        return STOP;
    parser->upgrade = 0; /* to h2c and the like: declined, as a server may */
    bool has_length = parser->content_length != UINT64_MAX;
    request->too_large = has_length && parser->content_length > REQUEST_BODY_MAX;
    if (request->too_large)
        return STOP;
    const char *expects = request_header(request, "expect");
    if (expects && strcasecmp(expects, "100-continue") == 0)
        connection_send(connection, go_on, sizeof go_on - 1);
    return GO_ON;
}

static int on_body(http_parser *parser, const char *at, size_t n)
{
    struct request *request = ((struct connection *)parser->data)->request;
    request->too_large = request->body.length + n > REQUEST_BODY_MAX;
    if (request->too_large)
        return STOP;
    buffer_add(&request->body, at, n);
    return GO_ON;
}

static int on_complete(http_parser *parser)
{
    struct connection *connection = parser->data;
    struct request *request = connection->request;
    const char *method = http_method_str((enum http_method)parser->method);
    end_header(connection); /* of a trailer */
    request->method = duplicate(method, strlen(method));
    request->keep_alive = http_should_keep_alive(parser);
    request->http_version = parser->http_minor == 0 ? "1.0" : "1.1";
    connection->request = NULL;
    http_parser_pause(parser, 1);
    connection_complete(connection, request);
    return GO_ON;
}

static const http_parser_settings settings = {.on_message_begin = on_begin,
                                              .on_url = on_url,
                                              .on_header_field = on_field,
                                              .on_header_value = on_value,
                                              .on_headers_complete = on_headers,
                                              .on_body = on_body,
                                              .on_message_complete = on_complete};

void http1_start(struct connection *connection)
{
    http_parser_init(&connection->parser, HTTP_REQUEST);
    connection->parser.data = connection;
}

static const char *phrase(int status)
{
    switch (status) {
#define XX(number, name, string)                                                                             \
    case number:                                                                                             \
        return #string;
        HTTP_STATUS_MAP(XX)
#undef XX
    default:
        return "Status";
    }
}

static void refuse(struct connection *connection)
{
    bool too_large = connection->request && connection->request->too_large;
    int status = too_large ? 413 : HTTP_PARSER_ERRNO(&connection->parser) == HPE_HEADER_OVERFLOW ? 431 : 400;
    if (connection->request)
        request_detach(connection->request);
    connection->request = NULL;
    CLEANUP_BUFFER struct buffer answer = {0};
    buffer_format(&answer, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", status,
                  phrase(status));
    connection_send(connection, answer.data, answer.length);
    connection->closing = connection->refused = true;
}

void http1_take(struct connection *connection, const void *bytes, size_t length)
{
    http_parser *parser = &connection->parser;
    if (connection->closing)
        return;
    if (connection->n_unanswered) {
        buffer_add(&connection->waiting, bytes, length);
        return;
    }
    size_t used = http_parser_execute(parser, &settings, bytes, length);
    if (HTTP_PARSER_ERRNO(parser) == HPE_PAUSED) {
        http_parser_pause(parser, 0);
        if (used < length)
            buffer_add(&connection->waiting, (const char *)bytes + used, length - used);
    } else if (HTTP_PARSER_ERRNO(parser) != HPE_OK)
        refuse(connection);
}

/* The next request counts as arriving when this one has been answered, no matter when its bytes came. */
static void take_waiting(struct connection *connection, uint64_t answered_ns)
{
    struct buffer waiting = connection->waiting;
    connection->waiting = (struct buffer){0};
    if (connection->stamp.ns < answered_ns)
        connection->stamp.ns = answered_ns;
    if (waiting.length)
        http1_take(connection, waiting.data, waiting.length);
    buffer_free(&waiting);
}

static const char *connection_header(const struct request *request)
{
    if (!request->keep_alive)
        return "Connection: close\r\n";
    return strcmp(request->http_version, "1.0") == 0 ? "Connection: keep-alive\r\n" : "";
}

void http1_answer(struct request *request, const struct answer *answer)
{
    struct connection *connection = request->connection;
    CLEANUP_BUFFER struct buffer out = {0};
    buffer_format(&out, "HTTP/1.1 %d %s\r\n", answer->status, phrase(answer->status));
    if (answer->status >= 200 && answer->status != 204)
        buffer_format(&out, "Content-Length: %zu\r\n", answer->body_length);
    for (size_t i = 0; i < answer->n_headers; i++)
        buffer_format(&out, "%s: %s\r\n", answer->headers[i].name, answer->headers[i].value);
    buffer_format(&out, "%s\r\n", connection_header(request));
    if (answer_has_body(answer, request))
        buffer_add(&out, answer->body, answer->body_length);
    connection_send(connection, out.data, out.length);
    connection->closing |= !request->keep_alive;
    uint64_t answered_ns = request->binding.end_ns;
    request_detach(request);
    take_waiting(connection, answered_ns);
}
