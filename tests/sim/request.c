#include "request.h"

#include <stdlib.h>
#include <string.h>

struct request *request_new(struct connection *connection)
{
    struct request *request = calloc(1, sizeof *request);
    if (request)
        request->connection = connection;
    return request;
}

void request_free(struct request *request)
{
    if (!request)
        return;
    for (size_t i = 0; i < request->n_headers; i++) {
        free(request->headers[i].name);
        free(request->headers[i].value);
    }
    free(request->method);
    free(request->target);
    free(request->body);
    free(request);
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
    return strndup(request->target, strcspn(request->target, "?"));
}

char *request_parameter(const struct request *request, const char *name)
{
    size_t length = strlen(name);
    const char *at = strchr(request->target, '?');
    while (at) {
        at++;
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return strndup(at + length + 1, strcspn(at + length + 1, "&"));
        at = strchr(at, '&');
    }
    return NULL;
}
