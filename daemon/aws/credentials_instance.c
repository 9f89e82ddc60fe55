/* The instance's role by IMDSv2, "Retrieve security credentials from instance metadata" of the EC2 User
 * Guide. There is no fallback to version 1, which server-side request forgery can read. */
#include "aws/ask.h"
#include "aws/credentials_sources.h"

#include "base/json.h"
#include "base/require.h"
#include "base/secret.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define ROLES "/latest/meta-data/iam/security-credentials/"

enum { TRIES = 2, TRY_US = 3000000, ROLE_NAME_MAX = 128, TOKEN_MAX = 4096 };

struct imds {
    const struct credentials_patience *patience;
    char *base;   /* the endpoint without a trailing slash */
    char *header; /* with the token */
};

static void imds_free(struct imds *imds)
{
    free(imds->base);
    secret_free(imds->header);
}

/* 1; 0: switched off. */
static int find_base(struct imds *imds, struct error *error)
{
    const char *disabled = aws_variable("AWS_EC2_METADATA_DISABLED");
    const char *named = aws_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const char *mode = aws_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    if (disabled && strcasecmp(disabled, "true") == 0)
        return error_set(error, 0, "AWS_EC2_METADATA_DISABLED is set");
    bool v6 = mode && strcasecmp(mode, "IPv6") == 0;
    imds->base = strdup(named ? named : v6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
    if (!imds->base)
        return error_set(error, -ENOMEM, "out of memory");
    for (size_t length = strlen(imds->base); length > 0 && imds->base[length - 1] == '/'; length--)
        imds->base[length - 1] = '\0';
    return 1;
}

static int ask_instance(const struct imds *imds, const char *method, const char *path, const char *header,
                        struct fetch_answer *answer, struct error *error)
{
    CLEANUP_FREE char *url = secret_join(imds->base, path);
    struct fetch_request request = {.method = method, .url = url, .headers = &header, .n_headers = 1};
    return url ? ask_nearby(request, TRIES, TRY_US, imds->patience, answer, error) : -ENOMEM;
}

static int unexpected(const struct fetch_answer *answer, const char *what, struct error *error)
{
    bool denied = answer->status == 401 || answer->status == 403;
    return error_set(error, denied ? -EACCES : -EBADMSG,
                     "instance metadata: it answered the request for %s with HTTP %d%s", what, answer->status,
                     denied ? "; is the instance's metadata service enabled (HttpEndpoint)?" : "");
}

/* If nobody answers, this is not an EC2 instance: 0. */
static int is_absent(int result)
{
    return result == -ETIMEDOUT || result == -ECONNREFUSED || result == -EHOSTUNREACH ||
           result == -ENETUNREACH || result == -ENOENT;
}

static int get_token(struct imds *imds, struct error *error)
{
    CLEANUP_FETCH_ANSWER struct fetch_answer answer = {0};
    struct error why = {0};
    int result = ask_instance(imds, "PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 21600",
                              &answer, &why);
    if (result < 0)
        return error_set(error, is_absent(result) ? 0 : result, "instance metadata: %s%s", why.message,
                         result == -ETIMEDOUT ? " (in a container, the hop limit must be 2)" : "");
    if (answer.status != 200)
        return unexpected(&answer, "a token", error);
    const char *token = answer.body.data;
    if (answer.body.length == 0 || answer.body.length > TOKEN_MAX ||
        token[strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/.~")] != '\0')
        return error_set(error, -EBADMSG, "instance metadata: its answer is not a token");
    secret_free(imds->header);
    imds->header = secret_join("X-aws-ec2-metadata-token: ", token);
    return imds->header ? 1 : error_set(error, -ENOMEM, "out of memory");
}

/* Gets PATH, which is WHAT. A refused token is replaced once: the service forgets its tokens when it
 * restarts. 1, 0 or negative, if it answers something else than 200, too. */
static int get(struct imds *imds, const char *path, const char *what, struct fetch_answer *answer,
               struct error *error)
{
    struct error why = {0};
    int result = imds->header ? 1 : get_token(imds, error);
    for (int i = 0; result > 0 && i < 2; i++) {
        result = ask_instance(imds, "GET", path, imds->header, answer, &why);
        if (result < 0)
            return error_set(error, result, "instance metadata: %s", why.message);
        if (answer->status != 401 || i == 1)
            return answer->status == 200 ? 1 : unexpected(answer, what, error);
        result = get_token(imds, error);
    }
    return result;
}

/* The first line of the list of roles; there is one at most. */
static int get_role(struct imds *imds, char role[ROLE_NAME_MAX + 1], struct error *error)
{
    CLEANUP_FETCH_ANSWER struct fetch_answer answer = {0};
    int result = get(imds, ROLES, "its role", &answer, error);
    REQUIRE(result <= 0 || answer.body.data);
    size_t length = result > 0 ? strcspn(answer.body.data, "\r\n") : 0;
    if (answer.status == 404 || (result > 0 && length == 0))
        return error_set(error, 0, "the instance has no IAM role");
    if (result <= 0)
        return result;
    if (length > ROLE_NAME_MAX ||
        strspn(answer.body.data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,.@_-") <
            length)
        return error_set(error, -EBADMSG, "instance metadata: its answer is not a role's name");
    memcpy(role, answer.body.data, length);
    role[length] = '\0';
    return 1;
}

/* "Code" is not "Success" if the instance may not assume its role; then there are no credentials. */
static int check_code(const struct imds *imds, const struct fetch_answer *answer, const char *source,
                      struct error *error)
{
    CLEANUP_FREE char *code = json_pointer_text(answer->body.data, answer->body.length, "/Code");
    if (!code || strcmp(code, "Success") == 0)
        return 0;
    CLEANUP_FREE char *message = json_pointer_text(answer->body.data, answer->body.length, "/Message");
    const char *token = strchr(imds->header, ' ') + 1;
    CLEANUP_FREE char *words = ask_failure(answer->status, code, message, &token, 1);
    return error_set(error, -EACCES, "%s: refused, %s", source, words ? words : code);
}

static int take(struct imds *imds, struct aws_credentials *ret_credentials, struct error *error)
{
    char role[ROLE_NAME_MAX + 1];
    CLEANUP_FETCH_ANSWER struct fetch_answer answer = {0};
    int result = get_role(imds, role, error);
    if (result <= 0)
        return result;
    CLEANUP_FREE char *source = secret_join("the instance's role ", role);
    CLEANUP_FREE char *path = secret_join(ROLES, role);
    if (!source || !path)
        return error_set(error, -ENOMEM, "out of memory");
    result = get(imds, path, "its role's credentials", &answer, error);
    if (result <= 0)
        return result;
    result = check_code(imds, &answer, source, error);
    if (result < 0)
        return result;
    result =
        credentials_from_json(answer.body.data, answer.body.length, "/Token", source, ret_credentials, error);
    if (result > 0)
        ret_credentials->outlive = true;
    return result;
}

int credentials_from_instance(const struct credentials_patience *patience,
                              struct aws_credentials *ret_credentials, struct error *error)
{
    CLEANUP(imds_free) struct imds imds = {.patience = patience};
    int result = find_base(&imds, error);
    return result > 0 ? take(&imds, ret_credentials, error) : result;
}

int instance_region(const struct credentials_patience *patience, char **ret_region, struct error *error)
{
    CLEANUP(imds_free) struct imds imds = {.patience = patience};
    CLEANUP_FETCH_ANSWER struct fetch_answer answer = {0};
    int result = find_base(&imds, error);
    if (result > 0)
        result = get(&imds, "/latest/meta-data/placement/region", "its region", &answer, error);
    if (result <= 0)
        return result;
    REQUIRE(answer.body.data);
    size_t length = strspn(answer.body.data, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (length == 0 || answer.body.data[length + strspn(answer.body.data + length, "\r\n")] != '\0')
        return error_set(error, -EBADMSG, "instance metadata: its answer is not a region");
    *ret_region = strndup(answer.body.data, length);
    return *ret_region ? 1 : error_set(error, -ENOMEM, "out of memory");
}
