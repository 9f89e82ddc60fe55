#include "record.h"

#include "base64.h"
#include "json.h"
#include "memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *headers_json(const struct request *request)
{
    json_t *headers = json_array();
    for (size_t i = 0; i < request->n_headers; i++) {
        const struct header *header = &request->headers[i];
        if (header->name[0] == ':')
            continue;
        json_t *pair = json_array();
        json_array_append_new(pair, json_latin1(header->wire_name, strlen(header->wire_name)));
        json_array_append_new(pair, json_latin1(header->value, strlen(header->value)));
        json_array_append_new(headers, pair);
    }
    return headers;
}

static char *line_of(const struct request *request)
{
    const char *authority = request_header(request, ":authority");
    if (!authority)
        authority = request_header(request, "host");
    char *body = base64_encode(request->body.data, request->body.length);
    json_t *json = json_object();
    json_object_set_new(json, "http", json_string(request->http_version));
    json_object_set_new(json, "method", json_string(request->method));
    json_object_set_new(json, "target", json_latin1(request->target, strlen(request->target)));
    json_object_set_new(json, "authority",
                        authority ? json_latin1(authority, strlen(authority)) : json_null());
    json_object_set_new(json, "headers", headers_json(request));
    json_object_set_new(json, "body_base64", json_string(body));
    char *line = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(json);
    free(body);
    if (!line)
        die_of_memory();
    return line;
}

void record_add(int fd, const struct request *request)
{
    CLEANUP_BUFFER struct buffer out = {0};
    char *line = line_of(request);
    buffer_format(&out, "%s\n", line);
    free(line);
    while (out.length) {
        ssize_t n = write(fd, out.data, out.length);
        if (n < 0 && errno != EINTR) {
            perror("lambda-sim: cannot record");
            return;
        }
        buffer_take(&out, n > 0 ? (size_t)n : 0);
    }
}
