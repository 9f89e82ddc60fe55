#include "request.h"

#include "call.h"
#include "connection.h"
#include "memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct request *request_new(struct connection *connection)
{
    struct request *request = allocate(sizeof *request);
    request->references = 1;
    request->connection = connection;
    request->connection_number = connection->number;
    request->next = connection->requests;
    request->slot = &connection->requests;
    if (request->next)
        request->next->slot = &request->next;
    connection->requests = request;
    return request;
}

struct request *request_ref(struct request *request)
{
    request->references++;
    return request;
}

void request_unref(struct request *request)
{
    if (!request || --request->references)
        return;
    for (size_t i = 0; i < request->n_headers; i++) {
        free(request->headers[i].name);
        free(request->headers[i].wire_name);
        free(request->headers[i].value);
    }
    free(request->headers);
    free(request->method);
    free(request->target);
    call_free(request->call);
    buffer_free(&request->body);
    buffer_free(&request->answer_body);
    free(request);
}

void request_detach(struct request *request)
{
    struct connection *connection = request->connection;
    if (request->complete && !request->answered)
        connection->n_unanswered--;
    *request->slot = request->next;
    if (request->next)
        request->next->slot = request->slot;
    request->connection = NULL;
    request_unref(request);
}

void request_add_header(struct request *request, const char *name, size_t name_length, const char *value,
                        size_t value_length)
{
    if (request->n_headers % 16 == 0)
        request->headers = reallocate(request->headers, (request->n_headers + 16) * sizeof *request->headers);
    struct header *header = &request->headers[request->n_headers++];
    header->name = duplicate(name, name_length);
    header->wire_name = duplicate(name, name_length);
    header->value = duplicate(value, value_length);
    for (char *c = header->name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
}

const char *request_header(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->n_headers; i++)
        if (strcmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

char *request_path(const struct request *request)
{
    return duplicate(request->target, strcspn(request->target, "?"));
}

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

void percent_decode(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++)
        if (*from == '%' && isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2])) {
            *to++ = (char)(hex(from[1]) << 4 | hex(from[2]));
            from += 2;
        } else
            *to++ = *from;
    *to = '\0';
}

static bool has_controls(const char *text)
{
    for (; *text; text++)
        if (iscntrl((unsigned char)*text))
            return true;
    return false;
}

char *request_parameter(const struct request *request, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = strchr(request->target, '?'); at; at = strchr(at, '&')) {
        at++;
        if (strncmp(at, name, length) != 0 || at[length] != '=')
            continue;
        char *value = duplicate(at + length + 1, strcspn(at + length + 1, "&"));
        percent_decode(value);
        if (!has_controls(value))
            return value;
        free(value);
        return NULL;
    }
    return NULL;
}

void answer_header(struct answer *answer, const char *name, const char *value)
{
    if (answer->n_headers == sizeof answer->headers / sizeof answer->headers[0])
        return;
    answer->headers[answer->n_headers].name = name;
    answer->headers[answer->n_headers++].value = value;
}

bool answer_has_body(const struct answer *answer, const struct request *request)
{
    return answer->status >= 200 && answer->status != 204 && answer->status != 304 &&
           strcmp(request->method, "HEAD") != 0;
}
