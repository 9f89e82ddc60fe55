/* The container's credentials (ECS, EKS Pod Identity, Greengrass): "Container credential provider" of the AWS
 * SDKs and Tools Reference Guide. */
#include "aws/ask.h"
#include "aws/credentials_sources.h"

#include "base/file.h"
#include "base/json.h"
#include "base/secret.h"
#include "net/resolve.h"
#include "plan/partition.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#define ECS_BASE "http://169.254.170.2"

enum { TRIES = 3, TRY_US = 5000000 };

/* Only ECS, EKS and loopback may be called over plain http: elsewhere the token could be read on the way. */
static bool may_be_plain(const char *host)
{
    static const char *const known[] = {"169.254.170.2", "169.254.170.23"};
    struct in6_addr eks, v6;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strcmp(host, known[i]) == 0)
            return true;
    inet_pton(AF_INET6, "fd00:ec2::23", &eks);
    return host_is_loopback(host) ||
           (inet_pton(AF_INET6, host, &v6) == 1 && memcmp(&v6, &eks, sizeof eks) == 0);
}

/* Returns 1 and new strings, 0, or negative. RET_SOURCE names host and port, without the path, which may
 * itself be a secret. */
static int find_uri(char **ret_uri, char **ret_source, struct error *error)
{
    CLEANUP_TARGET struct target target = {0};
    struct error why = {0};
    const char *relative = aws_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = aws_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!relative && !full)
        return error_set(error, 0, "no AWS_CONTAINER_CREDENTIALS_*_URI");
    if (relative && *relative != '/')
        return error_set(error, -EINVAL, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not start with /");
    char *uri = *ret_uri = relative ? secret_join(ECS_BASE, relative) : strdup(full);
    if (!uri)
        return error_set(error, -ENOMEM, "out of memory");
    if (target_parse(uri, &target, &why) < 0)
        return error_set(error, -EINVAL, "AWS_CONTAINER_CREDENTIALS_%s_URI: %s",
                         relative ? "RELATIVE" : "FULL", why.message);
    bool plain = strncasecmp(uri, "http://", strlen("http://")) == 0;
    if (!target.tls && !(plain && may_be_plain(target.host)))
        return error_set(error, -EINVAL,
                         "AWS_CONTAINER_CREDENTIALS_FULL_URI: plain http is allowed only for loopback, "
                         "169.254.170.2, 169.254.170.23 and fd00:ec2::23, not for %s",
                         target.host);
    if (asprintf(ret_source, "container credentials of %s:%u", target.host, target.port) >= 0)
        return 1;
    *ret_source = NULL;
    return error_set(error, -ENOMEM, "out of memory");
}

static int make_header(const char *token, size_t length, const char *from, char **ret_header,
                       struct error *error)
{
    CLEANUP_SECRET char *copy = strndup(token, length);
    if (copy && (strlen(copy) != length || copy[strcspn(copy, "\r\n")] != '\0'))
        return error_set(error, -EINVAL, "%s: the token has a character that isn't allowed in a header",
                         from);
    *ret_header = copy ? secret_join("Authorization: ", copy) : NULL;
    return *ret_header ? 0 : error_set(error, -ENOMEM, "out of memory");
}

/* The file goes first, and is read each time: EKS replaces it. RET_HEADER stays NULL if there is no token. */
static int authorize(char **ret_header, struct error *error)
{
    const char *path = aws_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = aws_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (!path)
        return token
                   ? make_header(token, strlen(token), "AWS_CONTAINER_AUTHORIZATION_TOKEN", ret_header, error)
                   : 0;
    CLEANUP_FILE struct file file = {0};
    int result = file_read(path, &file);
    if (result < 0)
        return error_set(error, result, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: %s: %s, as uid %u", path,
                         file_problem(result), (unsigned)geteuid());
    size_t length = file.length;
    while (length > 0 && (file.bytes[length - 1] == '\n' || file.bytes[length - 1] == '\r'))
        length--;
    return make_header(file.bytes, length, path, ret_header, error);
}

static int ask_container(const char *uri, const char *header, const struct credentials_patience *patience,
                         struct fetch_answer *answer, struct error *error)
{
    const char *headers[] = {"Accept: application/json", header};
    struct fetch_request request = {.method = "GET",
                                    .url = uri,
                                    .headers = headers,
                                    .n_headers = header ? 2 : 1,
                                    .ca_file = aws_variable("AWS_CA_BUNDLE")};
    return ask_nearby(request, TRIES, TRY_US, patience, answer, error);
}

/* What is told has no token, neither whole nor without its scheme ("Bearer …"). */
static int refuse(const char *source, const char *header, const struct fetch_answer *answer,
                  struct error *error)
{
    CLEANUP_FREE char *code = json_pointer_text(answer->body.data, answer->body.length, "/code");
    CLEANUP_FREE char *message = json_pointer_text(answer->body.data, answer->body.length, "/message");
    const char *token = header ? strchr(header, ' ') + 1 : NULL;
    const char *space = token ? strrchr(token, ' ') : NULL;
    const char *const secrets[] = {token, space ? space + 1 : NULL};
    CLEANUP_FREE char *words = ask_failure(answer->status, code, message, secrets, COUNT_OF(secrets));
    bool denied = answer->status == 401 || answer->status == 403;
    return error_set(error, denied ? -EACCES : -EBADMSG, "%s answered %s%s", source,
                     words ? words : "an error",
                     denied ? "; is AWS_CONTAINER_AUTHORIZATION_TOKEN(_FILE) right?" : "");
}

int credentials_from_container(const struct credentials_patience *patience,
                               struct aws_credentials *ret_credentials, struct error *error)
{
    CLEANUP_SECRET char *uri = NULL, *header = NULL;
    CLEANUP_FREE char *source = NULL;
    CLEANUP_FETCH_ANSWER struct fetch_answer answer = {0};
    struct error why = {0};
    int result = find_uri(&uri, &source, error);
    if (result <= 0)
        return result;
    result = authorize(&header, &why);
    if (result == 0)
        result = ask_container(uri, header, patience, &answer, &why);
    if (result < 0)
        return error_set(error, result, "container credentials: %s", why.message);
    if (answer.status != 200)
        return refuse(source, header, &answer, error);
    return credentials_from_json(answer.body.data, answer.body.length, "/Token", source, ret_credentials,
                                 error);
}
