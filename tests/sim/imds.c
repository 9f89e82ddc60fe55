#include "imds.h"

#include "dates.h"
#include "json.h"
#include "memory.h"
#include "server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN_TTL_MAX_S = 21600 };

static const char role[] = "simulated-role", token_prefix[] = "simulated-token-";

static void answer_text(struct request *request, int status, const char *type, const char *text)
{
    struct answer answer = {.status = status, .body = text, .body_length = strlen(text)};
    answer_header(&answer, "Content-Type", type);
    answer_header(&answer, "Server", "EC2ws");
    const char *ttl = request_header(request, "x-aws-ec2-metadata-token-ttl-seconds");
    if (status == 200 && ttl)
        answer_header(&answer, "X-aws-ec2-metadata-token-ttl-seconds", ttl);
    connection_answer(request, &answer);
}

/* A session's token contains the time at which it ends, so no list of tokens is kept. */
static void answer_session(const struct server *server, struct request *request)
{
    char token[64], *end;
    const char *ttl = request_header(request, "x-aws-ec2-metadata-token-ttl-seconds");
    long ttl_s = ttl ? strtol(ttl, &end, 10) : 0;
    if (!ttl || *end || ttl_s < 1 || ttl_s > TOKEN_TTL_MAX_S) {
        answer_text(request, 400, "text/plain", "Bad Request");
        return;
    }
    if (request_header(request, "x-forwarded-for")) {
        answer_text(request, 403, "text/plain", "Forbidden");
        return;
    }
    snprintf(token, sizeof token, "simulated-session-%" PRId64, server_wall_ms(server) + ttl_s * 1000);
    answer_text(request, 200, "text/plain", token);
}

/* The milliseconds after PREFIX at the end of TEXT; -1: TEXT isn't of this form. */
static int64_t end_of(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    char *end;
    if (!text || strncmp(text, prefix, length) != 0)
        return -1;
    int64_t ms = strtoll(text + length, &end, 10);
    return *end == '\0' && end > text + length ? ms : -1;
}

bool credentials_expired(const char *token, int64_t now_ms)
{
    int64_t end_ms = end_of(token, token_prefix);
    return end_ms >= 0 && now_ms >= end_ms;
}

/* Makes new credentials when half of the old ones' lifetime is over. A new string. */
static char *credentials_json(struct server *server, bool of_container)
{
    int64_t now_ms = server_wall_ms(server),
            life_ms = (int64_t)(server->options.credentials_lifetime_s * 1000);
    if (!server->credentials_end_ms || server->credentials_end_ms - now_ms < life_ms / 2) {
        server->credentials_end_ms = now_ms + life_ms;
        server->n_credentials++;
    }
    char expiration[DATE_TEXT], updated[DATE_TEXT], token[64], key[24], secret[48];
    date_seconds(expiration, server->credentials_end_ms);
    date_seconds(updated, server->credentials_end_ms - life_ms);
    snprintf(token, sizeof token, "%s%" PRId64, token_prefix, server->credentials_end_ms);
    snprintf(key, sizeof key, "ASIA%016u", server->n_credentials);
    snprintf(secret, sizeof secret, "simulated-secret-%u", server->n_credentials);
    json_t *json = json_pack("{s:s,s:s,s:s,s:s}", "AccessKeyId", key, "SecretAccessKey", secret, "Token",
                             token, "Expiration", expiration);
    json_t *more =
        of_container
            ? json_pack("{s:s}", "RoleArn", "arn:aws:iam::123456789012:role/simulated-role")
            : json_pack("{s:s,s:s,s:s}", "Code", "Success", "Type", "AWS-HMAC", "LastUpdated", updated);
    if (!json || !more || json_object_update(json, more) != 0)
        die_of_memory();
    json_decref(more);
    return json_take(json);
}

static void answer_credentials(struct server *server, struct request *request, bool of_container)
{
    char *json = credentials_json(server, of_container);
    answer_text(request, 200, of_container ? "application/json" : "text/plain", json);
    free(json);
}

static void answer_container(struct server *server, struct request *request)
{
    const char *wanted = server->options.container_token;
    const char *shown = request_header(request, "authorization");
    if (wanted && (!shown || strcmp(shown, wanted) != 0))
        answer_text(request, 401, "application/json",
                    "{\"code\":\"InvalidAuthorizationToken\",\"message\":\"The authorization token is not "
                    "valid\"}");
    else
        answer_credentials(server, request, true);
}

static void answer_metadata(struct server *server, struct request *request, const char *item)
{
    static const char roles[] = "iam/security-credentials/";
    const char *token = request_header(request, "x-aws-ec2-metadata-token"), *region = server->options.region;
    if (end_of(token, "simulated-session-") <= server_wall_ms(server))
        answer_text(request, 401, "text/plain", "Unauthorized");
    else if (strcmp(item, "placement/region") == 0)
        answer_text(request, 200, "text/plain", region);
    else if (strcmp(item, "placement/availability-zone") == 0) {
        CLEANUP_BUFFER struct buffer zone = {0};
        buffer_format(&zone, "%sa", region);
        answer_text(request, 200, "text/plain", zone.data);
    } else if (strcmp(item, roles) == 0)
        answer_text(request, 200, "text/plain", role);
    else if (strncmp(item, roles, sizeof roles - 1) == 0 && strcmp(item + sizeof roles - 1, role) == 0)
        answer_credentials(server, request, false);
    else
        answer_text(request, 404, "text/plain", "Not Found");
}

bool imds_take(struct server *server, struct request *request, const char *path)
{
    static const char metadata[] = "/latest/meta-data/";
    bool get = strcmp(request->method, "GET") == 0;
    if (!server->options.with_imds)
        return false;
    if (strcmp(path, "/latest/api/token") == 0 && strcmp(request->method, "PUT") == 0)
        answer_session(server, request);
    else if (strcmp(path, "/container-credentials") == 0 && get)
        answer_container(server, request);
    else if (strncmp(path, metadata, sizeof metadata - 1) == 0 && get)
        answer_metadata(server, request, path + sizeof metadata - 1);
    else
        return false;
    return true;
}
