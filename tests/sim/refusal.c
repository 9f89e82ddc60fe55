#include "refusal.h"

#include "dates.h"
#include "imds.h"
#include "json.h"
#include "memory.h"
#include "server.h"

#include <stdlib.h>
#include <string.h>

enum { SKEW_MAX_MS = 5 * 60 * 1000, EVENT_BODY_MAX = 1 << 20, SYNC_BODY_MAX = 6 << 20 };

/* Takes BODY. */
static struct refusal refusal(int status, const char *type, json_t *body)
{
    if (!body)
        die_of_memory();
    return (struct refusal){.status = status, .type = type, .body = json_take(body)};
}

static struct refusal message(int status, const char *type, const char *text)
{
    return refusal(status, type, json_pack("{s:s}", "message", text));
}

static struct refusal users_mistake(int status, const char *type, const char *text)
{
    return refusal(status, type, json_pack("{s:s,s:s}", "Type", "User", "Message", text));
}

/* Whether the time that it was signed for is missing or too far from now. */
static bool is_skewed(const struct server *server, const char *date, struct refusal *ret_refusal)
{
    char now[DATE_TEXT], bound[DATE_TEXT];
    int64_t signed_ms, now_ms = server_wall_ms(server);
    CLEANUP_BUFFER struct buffer text = {0};
    if (!date || !date_parse_amz(date, &signed_ms)) {
        *ret_refusal = message(403, "IncompleteSignatureException",
                               "Authorization header requires existence of either a 'X-Amz-Date' or a "
                               "'Date' header.");
        return true;
    }
    bool late = now_ms - signed_ms > SKEW_MAX_MS;
    if (!late && signed_ms - now_ms <= SKEW_MAX_MS)
        return false;
    date_amz(now, now_ms);
    date_amz(bound, late ? now_ms - SKEW_MAX_MS : now_ms + SKEW_MAX_MS);
    buffer_format(&text,
                  late ? "Signature expired: %s is now earlier than %s (%s - 5 min.)"
                       : "Signature not yet current: %s is still later than %s (%s + 5 min.)",
                  date, bound, now);
    *ret_refusal = message(403, "InvalidSignatureException", text.data);
    return true;
}

static bool is_token_expired(const struct server *server, const char *token)
{
    return token && (names_have(&server->options.registry.expired_tokens, token) ||
                     credentials_expired(token, server_wall_ms(server)));
}

static bool refuses_signature(const struct server *server, const struct request *request,
                              struct refusal *ret_refusal)
{
    static const char algorithm[] = "AWS4-HMAC-SHA256 ";
    const char *authorization = request_header(request, "authorization");
    if (!authorization) {
        if (server->options.requires_signature)
            *ret_refusal =
                message(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
        return server->options.requires_signature;
    }
    bool is_aws = strncmp(authorization, algorithm, sizeof algorithm - 1) == 0;
    if (!is_aws && server->options.requires_signature)
        *ret_refusal = message(403, "IncompleteSignatureException",
                               "Authorization header requires 'Credential' parameter.");
    if (!is_aws) /* else it is for the function */
        return server->options.requires_signature;
    if (is_skewed(server, request_header(request, "x-amz-date"), ret_refusal))
        return true;
    if (!is_token_expired(server, request_header(request, "x-amz-security-token")))
        return false;
    *ret_refusal =
        message(403, "ExpiredTokenException", "The security token included in the request is expired");
    return true;
}

static bool refuses_caller(const struct server *server, const struct call *call, const char *action,
                           const struct names *denied, struct refusal *ret_refusal)
{
    if (!names_have(denied, call->function))
        return false;
    bool latest = strcmp(call->qualifier, "$LATEST") == 0;
    char *arn = function_arn(server, call->function, latest ? NULL : call->qualifier);
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_format(&text,
                  "User: arn:aws:iam::123456789012:user/simulated is not authorized to perform: "
                  "lambda:%s on resource: %s because no identity-based policy allows the lambda:%s action",
                  action, arn, action);
    free(arn);
    *ret_refusal = refusal(403, "AccessDeniedException", json_pack("{s:s}", "Message", text.data));
    return true;
}

static bool refuses_function(const struct server *server, const struct call *call,
                             struct refusal *ret_refusal)
{
    if (call->version)
        return false;
    bool latest = strcmp(call->qualifier, "$LATEST") == 0;
    char *arn = function_arn(server, call->function, latest ? NULL : call->qualifier);
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_format(&text, "Function not found: %s", arn);
    free(arn);
    *ret_refusal = users_mistake(404, "ResourceNotFoundException", text.data);
    return true;
}

static bool refuses_body(const struct request *request, const struct call *call, struct refusal *ret_refusal)
{
    if (request->body.length > (call->type == CALL_EVENT ? EVENT_BODY_MAX : SYNC_BODY_MAX)) {
        *ret_refusal = users_mistake(413, "RequestTooLargeException",
                                     "The payload of the request exceeded the maximum payload size");
        return true;
    }
    if (call->event)
        return false;
    *ret_refusal =
        users_mistake(400, "InvalidRequestContentException", "Could not parse request body into json");
    return true;
}

bool refuses(const struct server *server, const struct request *request, const struct call *call,
             const char *mistake, struct refusal *ret_refusal)
{
    if (refuses_signature(server, request, ret_refusal))
        return true;
    if (!call || !call->invoke)
        return false;
    if (strcmp(request->method, "POST") != 0)
        *ret_refusal = message(404, "UnknownOperationException", "Unknown operation");
    else if (mistake)
        *ret_refusal = message(400, "ValidationException", mistake);
    else
        return refuses_caller(server, call, "InvokeFunction", &server->options.registry.denied,
                              ret_refusal) ||
               refuses_function(server, call, ret_refusal) || refuses_body(request, call, ret_refusal);
    return true;
}

bool refuses_configuration(const struct server *server, const struct request *request,
                           const struct call *call, const char *mistake, struct refusal *ret_refusal)
{
    if (refuses_signature(server, request, ret_refusal))
        return true;
    if (mistake)
        *ret_refusal = message(400, "ValidationException", mistake);
    return mistake ||
           refuses_caller(server, call, "GetFunctionConfiguration", &server->options.registry.hidden,
                          ret_refusal) ||
           refuses_function(server, call, ret_refusal);
}

struct refusal refusal_of_throttle(bool by_account)
{
    return refusal(429, "TooManyRequestsException",
                   json_pack("{s:s,s:s,s:s}", "Reason",
                             by_account ? "ConcurrentInvocationLimitExceeded"
                                        : "ReservedFunctionConcurrentInvocationLimitExceeded",
                             "Type", "User", "message", "Rate Exceeded."));
}

struct refusal refusal_of_service(void)
{
    return refusal(500, "ServiceException",
                   json_pack("{s:s,s:s}", "Type", "Service", "Message",
                             "An error occurred and the request cannot be processed."));
}
