#include "configuration.h"

#include "memory.h"
#include "refusal.h"
#include "server.h"

#include <stdlib.h>
#include <string.h>

bool is_configuration(const struct request *request, const char *path)
{
    return strcmp(request->method, "GET") == 0 && call_names_function(path, "/configuration");
}

static void say(struct request *request, int status, const char *type, const char *json)
{
    struct answer answer = {.status = status, .body = json, .body_length = strlen(json)};
    answer_header(&answer, "Content-Type", "application/json");
    if (type)
        answer_header(&answer, "x-amzn-ErrorType", type);
    answer_header(&answer, "X-Amzn-RequestId", request->call->id);
    connection_answer(request, &answer);
}

/* --configuration is a JSON object, as text: its members are added. */
static void describe(const struct server *server, const struct call *call, struct buffer *out)
{
    const char *more = server->options.configuration;
    bool latest = strcmp(call->qualifier, "$LATEST") == 0;
    char *arn = function_arn(server, call->function, latest ? NULL : call->qualifier);
    buffer_format(out,
                  "{\"FunctionName\":\"%s\",\"FunctionArn\":\"%s\",\"Version\":\"%s\",\"State\":\"Active\","
                  "\"MemorySize\":128,\"Architectures\":[\"x86_64\"],\"SnapStart\":{\"ApplyOn\":\"%s\","
                  "\"OptimizationStatus\":\"%s\"}",
                  call->function, arn, call->version,
                  server->options.snapstart ? "PublishedVersions" : "None",
                  server->options.snapstart && !latest ? "On" : "Off");
    if (more)
        buffer_format(out, ",%.*s", (int)strlen(more) - 2, more + 1);
    buffer_format(out, "}");
    free(arn);
}

void configuration_answer(struct server *server, struct request *request, const char *path)
{
    const char *mistake = NULL;
    struct refusal refusal;
    CLEANUP_BUFFER struct buffer body = {0};
    request->call = call_of_configuration(server, request, path, &mistake);
    if (refuses_configuration(server, request, request->call, mistake, &refusal)) {
        say(request, refusal.status, refusal.type, refusal.body);
        free(refusal.body);
        return;
    }
    describe(server, request->call, &body);
    say(request, 200, NULL, body.block);
}
