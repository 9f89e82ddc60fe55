/* HTTP/1.1 by libhttp_parser. */
#include "connection.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool append(char **string, size_t *length, const char *bytes, size_t n)
{
    char *longer = realloc(*string, *length + n + 1);
    if (!longer)
        return false;
    memcpy(longer + *length, bytes, n);
    longer[*length + n] = '\0';
    *string = longer;
    *length += n;
    return true;
}

static bool extend(char **string, const char *bytes, size_t n)
{
    size_t length = *string ? strlen(*string) : 0;
    return append(string, &length, bytes, n);
}

static int on_begin(http_parser *parser)
{
    struct connection *connection = parser->data;
    connection->value_next = false;
    connection->request = request_new(connection);
    return connection->request ? 0 : -1;
}

static int on_url(http_parser *parser, const char *at, size_t n)
{
    struct connection *connection = parser->data;
    return extend(&connection->request->target, at, n) ? 0 : -1;
}

static int on_field(http_parser *parser, const char *at, size_t n)
{
    struct connection *connection = parser->data;
    struct request *request = connection->request;
    if (connection->value_next || request->n_headers == 0) {
        if (request->n_headers == REQUEST_HEADERS_MAX)
            return -1;
        request->n_headers++;
        connection->value_next = false;
    }
    struct header *header = &request->headers[request->n_headers - 1];
    if (!extend(&header->name, at, n) || (!header->value && !(header->value = strdup(""))))
        return -1;
    for (char *c = header->name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return 0;
}

static int on_value(http_parser *parser, const char *at, size_t n)
{
    struct connection *connection = parser->data;
    struct request *request = connection->request;
    connection->value_next = true;
    return extend(&request->headers[request->n_headers - 1].value, at, n) ? 0 : -1;
}

static int on_headers(http_parser *parser)
{
    struct connection *connection = parser->data;
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const char *expects = request_header(connection->request, "expect");
    if (expects && strcasecmp(expects, "100-continue") == 0)
        connection_send(connection, go_on, sizeof go_on - 1);
    return 0;
}

static int on_body(http_parser *parser, const char *at, size_t n)
{
    struct request *request = ((struct connection *)parser->data)->request;
    if (request->body_length + n > REQUEST_BODY_MAX)
        return -1;
    return append(&request->body, &request->body_length, at, n) ? 0 : -1;
}

static int on_complete(http_parser *parser)
{
    struct connection *connection = parser->data;
    struct request *request = connection->request;
    request->method = strdup(http_method_str((enum http_method)parser->method));
    request->keep_alive = http_should_keep_alive(parser);
    request->http_version = "1.1";
    connection->request = NULL;
    http_parser_pause(parser, 1); /* one at a time: what is pipelined behind it waits */
    connection_complete(connection, request);
    return 0;
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

static bool keep_waiting(struct connection *connection, const unsigned char *bytes, size_t length)
{
    unsigned char *longer = realloc(connection->waiting, connection->n_waiting + length + 1);
    if (!longer || connection->n_waiting + length > REQUEST_BODY_MAX)
        return false;
    memcpy(longer + connection->n_waiting, bytes, length);
    connection->waiting = longer;
    connection->n_waiting += length;
    return true;
}

static void refuse(struct connection *connection)
{
    static const char large[] =
        "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    static const char bad[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    bool is_large = HTTP_PARSER_ERRNO(&connection->parser) == HPE_CB_body;
    const char *answer = is_large ? large : bad;
    request_free(connection->request);
    connection->request = NULL;
    connection_send(connection, answer, strlen(answer));
    connection->closing = true;
}

bool http1_take(struct connection *connection, const unsigned char *bytes, size_t length)
{
    if (connection->closing)
        return true;
    if (connection->open)
        return keep_waiting(connection, bytes, length);
    size_t used = http_parser_execute(&connection->parser, &settings, (const char *)bytes, length);
    if (HTTP_PARSER_ERRNO(&connection->parser) == HPE_PAUSED) {
        http_parser_pause(&connection->parser, 0);
        return used >= length || keep_waiting(connection, bytes + used, length - used);
    }
    if (HTTP_PARSER_ERRNO(&connection->parser) != HPE_OK || connection->parser.upgrade)
        refuse(connection);
    return true;
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

void http1_answer(struct connection *connection, const struct request *request, const struct answer *answer)
{
    char head[2048];
    int n = snprintf(head, sizeof head, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n", answer->status,
                     phrase(answer->status), answer->body_length);
    for (size_t i = 0; i < answer->n_headers && n < (int)sizeof head; i++)
        n += snprintf(head + n, sizeof head - (size_t)n, "%s: %s\r\n", answer->headers[i].name,
                      answer->headers[i].value);
    if (n < (int)sizeof head)
        n += snprintf(head + n, sizeof head - (size_t)n, "%s\r\n",
                      request->keep_alive ? "" : "Connection: close\r\n");
    if (n >= (int)sizeof head) {
        connection->closing = true;
        return;
    }
    connection_send(connection, head, (size_t)n);
    if (strcmp(request->method, "HEAD") != 0)
        connection_send(connection, answer->body, answer->body_length);
    connection->closing |= !request->keep_alive;
    unsigned char *waiting = connection->waiting;
    size_t n_waiting = connection->n_waiting;
    connection->waiting = NULL;
    connection->n_waiting = 0;
    if (waiting && !http1_take(connection, waiting, n_waiting))
        connection->closing = true;
    free(waiting);
}
