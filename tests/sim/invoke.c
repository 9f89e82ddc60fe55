#include "invoke.h"

#include "base64.h"
#include "json.h"
#include "memory.h"
#include "server.h"
#include "tail.h"

#include <stdlib.h>
#include <string.h>

static char *error_body(const struct call *call)
{
    json_t *json =
        json_pack("{s:s,s:s*}", "errorType", call->error_type, "errorMessage", call->error_message);
    if (!json)
        die_of_memory();
    return json_take(json);
}

static char *result_body(const struct call *call)
{
    return call->result ? json_take(json_incref(call->result)) : duplicate("null", 4);
}

/* Base64; a new string. */
static char *log_result(const struct server *server, const struct request *request)
{
    const struct call *call = request->call;
    const struct binding *binding = &request->binding;
    uint64_t start_ns = binding->cold ? server->lambda->options.cold_ns : 0;
    uint64_t took_ns = binding->end_ns - request->arrival.ns;
    const struct tail tail = {.id = call->id,
                              .version = call->version,
                              .log = call->log,
                              .error = call->error_type && strcmp(call->error_type, "Runtime.ExitError") == 0
                                           ? call->error_message
                                           : NULL,
                              .start_ns = start_ns,
                              .duration_ns = took_ns > start_ns ? took_ns - start_ns : 0,
                              .cold = binding->cold,
                              .snapstart = server->options.snapstart,
                              .as_json = server->options.json_logs,
                              .now_ms = server_wall_ms(server)};
    CLEANUP_BUFFER struct buffer text = {0};
    tail_write(&tail, &text);
    return base64_encode(text.data, text.length);
}

void invoke_answer(const struct server *server, struct request *request)
{
    const struct call *call = request->call;
    char *body = call->error_type ? error_body(call) : result_body(call);
    char *log = call->with_tail ? log_result(server, request) : NULL;
    struct answer answer = {.status = 200, .body = body, .body_length = strlen(body)};
    answer_header(&answer, "Content-Type", "application/json");
    answer_header(&answer, "X-Amzn-RequestId", call->id);
    answer_header(&answer, "X-Amz-Executed-Version", call->version);
    if (call->error_type)
        answer_header(&answer, "X-Amz-Function-Error", "Unhandled");
    if (log)
        answer_header(&answer, "X-Amz-Log-Result", log);
    connection_answer(request, &answer);
    free(log);
    free(body);
}

void invoke_accept(struct request *request)
{
    struct answer answer = {.status = request->call->type == CALL_EVENT ? 202 : 204, .body = ""};
    answer_header(&answer, "X-Amzn-RequestId", request->call->id);
    if (request->call->type == CALL_DRY_RUN)
        answer_header(&answer, "X-Amz-Executed-Version", request->call->version);
    connection_answer(request, &answer);
}
