/* The chain of credentials, each of its sources well and badly. */
#include "../cmocka_all.h"

#include "../awsd.h"
#include "../scratch.h"
#include "aws/credentials_kept.h"
#include "base/clock.h"
#include "base/descriptors.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int get(const char *profile, struct aws_credentials *credentials, struct error *error)
{
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + 20 * US_PER_S,
                                            .cancel_fd = -1};
    *error = (struct error){0};
    return credentials_get(profile, &patience, credentials, error);
}

static void expect(const char *profile, const char *id, const char *secret, const char *token)
{
    CLEANUP_CREDENTIALS struct aws_credentials credentials = {0};
    struct error error;
    credentials_forget();
    int result = get(profile, &credentials, &error);
    if (result != 0)
        fail_msg("%d: %s", result, error.message);
    assert_string_equal(credentials.access_key_id, id);
    assert_string_equal(credentials.secret_access_key, secret);
    if (token)
        assert_string_equal(credentials.session_token, token);
    else
        assert_null(credentials.session_token);
    assert_non_null(credentials.source);
    assert_null(strstr(credentials.source, "planted"));
}

/* Without a secret in it, and without a way to move a terminal's cursor. */
static void expect_failure(const char *profile, int code, const char *words)
{
    CLEANUP_CREDENTIALS struct aws_credentials credentials = {0};
    struct error error;
    credentials_forget();
    int result = get(profile, &credentials, &error);
    if (result != code || !strstr(error.message, words))
        fail_msg("%d: %s", result, error.message);
    assert_null(credentials.access_key_id);
    assert_null(strstr(error.message, "planted"));
    assert_null(strchr(error.message, '\x1b'));
}

static int begin(void **state)
{
    int result = scratch_create(state);
    aws_environment_clear(*state);
    credentials_forget();
    return result;
}

static int end(void **state)
{
    credentials_forget();
    return scratch_remove(state);
}

static void the_environment(void **state)
{
    (void)state;
    expect_failure(NULL, -ENOENT,
                   "no AWS credentials (no AWS_ACCESS_KEY_ID; no AWS_WEB_IDENTITY_TOKEN_FILE; "
                   "no profile 'default' in ");
    setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
    expect_failure(NULL, -EBADMSG, "AWS_SECRET_ACCESS_KEY is not");
    setenv("AWS_SECRET_ACCESS_KEY", "planted-e", 1);
    expect(NULL, "AKIAENV", "planted-e", NULL);
    setenv("AWS_SESSION_TOKEN", "planted-t", 1);
    expect(NULL, "AKIAENV", "planted-e", "planted-t");
    setenv("AWS_SECURITY_TOKEN", "planted-s", 1); /* the older name goes first, as in botocore */
    expect(NULL, "AKIAENV", "planted-e", "planted-s");
    unsetenv("AWS_SECURITY_TOKEN");
    setenv("AWS_CREDENTIAL_EXPIRATION", "2001-09-09T01:46:40Z", 1);
    expect_failure(NULL, -EKEYEXPIRED,
                   "the environment: the credentials that it returned expired at 2001-09-09");
    unsetenv("AWS_CREDENTIAL_EXPIRATION");
    setenv("AWS_PROFILE", "absent", 1);
    expect_failure(NULL, -ENOENT, "AWS_PROFILE is set, but there is no profile 'absent'");
    unsetenv("AWS_PROFILE");
    setenv("AWS_SESSION_TOKEN", "planted\r\nX-Evil: 1", 1);
    expect_failure(NULL, -EBADMSG, "isn't allowed in a header");
    expect_failure("named", -ENOENT, "no profile 'named'");
}

static void shared_files(void **state)
{
    scratch_write(*state, ".aws/credentials",
                  "[default]\naws_access_key_id=AKIAHOME\naws_secret_access_key=planted-h\n");
    scratch_write(*state, ".aws/config",
                  "[profile two]\naws_access_key_id=AKIATWO\naws_secret_access_key=planted-2\n"
                  "aws_session_token=planted-t\nregion=eu-north-1\n[profile half]\naws_access_key_id=A\n");
    scratch_write(*state, "loaded/aws",
                  "[default]\naws_access_key_id=AKIALOAD\naws_secret_access_key=planted-l\n");
    expect(NULL, "AKIAHOME", "planted-h", NULL);
    expect("two", "AKIATWO", "planted-2", "planted-t");
    setenv("AWS_PROFILE", "two", 1);
    expect(NULL, "AKIATWO", "planted-2", "planted-t");
    setenv("AWS_PROFILE", "absent", 1);
    expect_failure(NULL, -ENOENT, "AWS_PROFILE is set, but there is no profile 'absent'");
    expect_failure("half", -EBADMSG, "config:7: profile 'half' has aws_access_key_id, but no");
    setenv("AWS_DEFAULT_PROFILE", "two", 1);
    expect(NULL, "AKIATWO", "planted-2", "planted-t");
    unsetenv("AWS_DEFAULT_PROFILE");
    unsetenv("AWS_PROFILE");
    setenv("CREDENTIALS_DIRECTORY", scratch_path(*state, "loaded"), 1);
    expect(NULL, "AKIALOAD", "planted-l", NULL);
    setenv("CREDENTIALS_DIRECTORY", *state, 1);
    expect(NULL, "AKIAHOME", "planted-h", NULL);
    setenv("AWS_SHARED_CREDENTIALS_FILE", scratch_path(*state, "loaded/aws"), 1);
    expect(NULL, "AKIALOAD", "planted-l", NULL);
    scratch_write(*state, "loaded/aws", "[default]\nplanted junk\n");
    expect_failure(NULL, -EBADMSG, "loaded/aws:2: ");
}

/* A token that the config file has from earlier doesn't belong to the credentials file's keys. */
static void keys_of_one_file_are_a_set(void **state)
{
    scratch_write(*state, ".aws/credentials",
                  "[default]\naws_access_key_id=AKIANEW\naws_secret_access_key=planted-n\n"
                  "[half]\naws_secret_access_key=planted-h\n"
                  "[old]\naws_access_key_id=AKIAOLD\naws_secret_access_key=planted-o\n"
                  "aws_security_token=planted-s\naws_session_token=planted-t\n");
    scratch_write(*state, ".aws/config",
                  "[default]\naws_session_token=planted-stale\nregion=eu-west-1\n"
                  "[profile half]\naws_access_key_id=AKIACONFIG\naws_secret_access_key=planted-c\n"
                  "[profile process]\ncredential_process=false\naws_access_key_id=A\n"
                  "aws_secret_access_key=planted-p\n");
    expect(NULL, "AKIANEW", "planted-n", NULL);
    expect("half", "AKIACONFIG", "planted-c", NULL);
    expect("old", "AKIAOLD", "planted-o", "planted-s");
    expect_failure("process", -EACCES, "exit status 1");
    scratch_write(
        *state, ".aws/credentials",
        "[process] of another program\naws_access_key_id=AKIAFIRST\naws_secret_access_key=planted-f\n");
    expect("process", "AKIAFIRST", "planted-f", NULL);
    scratch_write(*state, ".aws/credentials",
                  "[default]\naws_access_key_id=AKIA\naws_secret_access_key=planted # mine\n");
    expect_failure(NULL, -EBADMSG, "in a header; put the comment on its own line");
}

static void a_file_that_cannot_be_read(void **state)
{
    scratch_write(*state, ".aws/credentials", "[default]\n");
    if (geteuid() == 0) { /* permissions don't keep root out */
        chmod(*state, 0755);
        chmod(scratch_path(*state, ".aws"), 0755);
        chmod(scratch_path(*state, ".aws/credentials"), 0600);
        assert_int_equal(seteuid(65534), 0);
    } else
        chmod(scratch_path(*state, ".aws/credentials"), 0);
    struct error error;
    struct aws_credentials credentials = {0};
    int result = get(NULL, &credentials, &error);
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(result, -EACCES);
    assert_non_null(strstr(error.message, ".aws/credentials: Permission denied, as uid "));
    assert_non_null(strstr(error.message, "LoadCredential=aws:"));
}

static void expect_process(void **state, const char *command, int code, const char *words)
{
    char text[1024];
    snprintf(text, sizeof text, "[profile p]\ncredential_process = %s\n", command);
    scratch_write(*state, ".aws/config", text);
    if (code == 0)
        expect("p", "AKIAP", words, NULL);
    else
        expect_failure("p", code, words);
}

static void processes(void **state)
{
    scratch_write(*state, "good",
                  "{\"Version\": 1, \"AccessKeyId\": \"AKIAP\", \"SecretAccessKey\": \"planted-p\"}");
    scratch_write(*state, "late",
                  "{\"Version\": 1, \"AccessKeyId\": \"AKIAP\", \"SecretAccessKey\": \"planted-p\","
                  "\"Expiration\": \"2001-09-09T01:46:40Z\"}");
    char command[512];
    snprintf(command, sizeof command, "cat \"%s/good\"", (const char *)*state);
    expect_process(state, command, 0, "planted-p");
    expect_process(state, "cat ~/good | cat", 0, "planted-p");
    expect_process(state, "cat ~/late", -EKEYEXPIRED, "expired at 2001-09-09T01:46:40Z");
    expect_process(state, "echo planted", -EBADMSG, "not a JSON object with \"Version\": 1");
    expect_process(state, "printf 'planted' && printf 'bad\\033[2Jnews\\n' >&2 && exit 3", -EACCES,
                   "exit status 3: bad\\x1b[2Jnews");
    expect_process(state, "sh -xc 'echo SecretAccessKey=planted >/dev/null; exit 3'", -EACCES,
                   "exit status 3: its output isn't shown because it contains secrets");
    expect_process(state, "kill -9 $$", -EACCES, "killed by signal 9");
    expect_process(state, "yes planted", -EMSGSIZE, "more than 64 KiB");
    expect_process(state, "echo 'planted", -EINVAL, "a quote is not closed");
    scratch_write(*state, "a # b ; c",
                  "{\"Version\": 1, \"AccessKeyId\": \"AKIAP\", \"SecretAccessKey\": \"planted-q\"}");
    snprintf(command, sizeof command, "cat \"%s/a # b ; c\"", (const char *)*state);
    expect_process(state, command, 0, "planted-q");
}

/* Nobody waits for what it has started and left behind. */
static void a_process_whose_child_holds_its_output(void **state)
{
    leave_out_under_valgrind(); /* it lacks pidfd_open */
    scratch_write(*state, ".aws/config",
                  "[profile p]\ncredential_process = sleep 1000 & echo $! > ~/pid; printf '%s' "
                  "'{\"Version\": 1, \"AccessKeyId\": \"AKIAP\", \"SecretAccessKey\": \"planted-p\"}'\n");
    expect("p", "AKIAP", "planted-p", NULL);
    FILE *file = fopen(scratch_path(*state, "pid"), "r");
    int pid = 0;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    assert_int_equal(kill(pid, SIGKILL), 0); /* it is there still: it is none of ours */
}

/* The daemon raises its own limit; a program that it runs has the one that it was given. */
static void a_process_has_the_usual_limits(void **state)
{
    leave_out_under_valgrind(); /* it has limits of its own */
    struct rlimit limit, before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = before;
    limit.rlim_cur = 321;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(descriptors_raise() > 321);
    scratch_write(*state, ".aws/config",
                  "[profile p]\ncredential_process = printf '{\"Version\": 1, \"AccessKeyId\": \"AKIA%s\", "
                  "\"SecretAccessKey\": \"planted-p\"}' $(ulimit -Sn)\n");
    expect("p", "AKIA321", "planted-p", NULL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* One that has left its group is killed as well, not waited for. */
static void a_process_that_changes_its_group(void **state)
{
    char command[512], end[300];
    struct error error = {0};
    struct aws_credentials credentials = {0};
    snprintf(end, sizeof end, "%s/end", (const char *)*state);
    snprintf(command, sizeof command,
             "[default]\ncredential_process = python3 -c 'import os, time; os.setpgid(0, "
             "os.getpgid(os.getppid())); time.sleep(10); open(\"%s\", \"w\")'\n",
             end);
    scratch_write(*state, ".aws/credentials", command);
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + US_PER_S, .cancel_fd = -1};
    assert_int_equal(credentials_get(NULL, &patience, &credentials, &error), -ETIMEDOUT);
    assert_int_not_equal(access(end, F_OK), 0);
}

/* Valgrind doesn't tell that exec failed: there the child ends with 127. */
static void a_process_that_is_not_there(void **state)
{
    scratch_write(*state, ".aws/credentials", "[default]\ncredential_process = /nowhere/at-all planted\n");
    struct error error = {0};
    struct aws_credentials credentials = {0};
    int result = get(NULL, &credentials, &error);
    if (!(result == -ENOENT && strstr(error.message, "/nowhere/at-all: No such file")) &&
        !(result == -EACCES && strstr(error.message, "exit status 127")))
        fail_msg("%d: %s", result, error.message);
    assert_null(strstr(error.message, "planted"));
}

/* What it started is gone, too. */
static void a_process_that_does_not_end(void **state)
{
    char text[512];
    struct error error = {0};
    struct aws_credentials credentials = {0};
    snprintf(text, sizeof text, "[default]\ncredential_process = sleep 1000 & echo $! > %s/pid; wait\n",
             (const char *)*state);
    scratch_write(*state, ".aws/credentials", text);
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + US_PER_S / 2, .cancel_fd = -1};
    assert_int_equal(credentials_get(NULL, &patience, &credentials, &error), -ETIMEDOUT);
    assert_non_null(strstr(error.message, "did not end in time and was killed"));
    FILE *file = fopen(scratch_path(*state, "pid"), "r");
    int pid = 0, tries = 500;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    char path[64], stat[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    for (; tries > 0; tries--, usleep(10000)) { /* an orphan is reaped by init, if at all */
        file = fopen(path, "r");
        if (!file)
            break;
        stat[fread(stat, 1, sizeof stat - 1, file)] = '\0';
        fclose(file);
        if (strstr(stat, ") Z"))
            break;
    }
    assert_true(tries > 0);
}

static void what_is_not_supported(void **state)
{
    scratch_write(*state, ".aws/config",
                  "[profile sso]\nsso_session = corp\n[profile mfa]\nrole_arn = arn:aws:iam::1:role/r\n"
                  "source_profile = sso\nmfa_serial = arn:aws:iam::1:mfa/me\n[profile bare]\nrole_arn = a\n"
                  "[profile circle]\nrole_arn = a\nsource_profile = elcric\n[profile elcric]\nrole_arn = b\n"
                  "source_profile = circle\n[profile odd]\nrole_arn = a\ncredential_source = Moon\n"
                  "[profile lost]\nrole_arn = a\nsource_profile = gone\n[profile env]\nrole_arn = a\n"
                  "credential_source = Environment\n");
    expect_failure("sso", -ENOTSUP, "config:2: profile 'sso' uses sso_session, which is not supported");
    expect_failure("sso", -ENOTSUP, "credential_process = aws configure export-credentials --profile sso");
    expect_failure("mfa", -ENOTSUP, "mfa_serial");
    expect_failure("bare", -EINVAL, "neither source_profile, credential_source nor");
    expect_failure("circle", -ELOOP, "leads back to itself");
    expect_failure("odd", -EINVAL, "other than Environment, Ec2InstanceMetadata or EcsContainer");
    expect_failure("lost", -ENOENT, "source_profile that doesn't exist");
    expect_failure("env", -ENOENT, "Environment of profile 'env' gave no credentials");
}

static void roles(void **state)
{
    scratch_write(
        *state, ".aws/config",
        "[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nexternal_id = a&b\n"
        "role_session_name = me\nduration_seconds = 900\nregion = eu-west-3\n[profile base]\n"
        "aws_access_key_id = AKIABASE\naws_secret_access_key = planted-b\naws_session_token = planted-t\n"
        "[profile web]\nrole_arn = arn:aws-cn:iam::1:role/w\nweb_identity_token_file = ~/none\n"
        "[profile env]\nrole_arn = arn:aws:iam::1:role/e\ncredential_source = Environment\n");
    setenv("AWS_ENDPOINT_URL_STS", awsd_url("/sts-ok"), 1);
    expect("role", "ASIAROLE", "planted/role+secret", "planted&role");
    assert_string_equal(awsd_last("Action"), "AssumeRole");
    assert_string_equal(awsd_last("RoleArn"), "arn:aws:iam::1:role/r");
    assert_string_equal(awsd_last("RoleSessionName"), "me");
    assert_string_equal(awsd_last("ExternalId"), "a&b");
    assert_string_equal(awsd_last("DurationSeconds"), "900");
    assert_string_equal(awsd_last("Security"), "planted-t");
    assert_non_null(strstr(awsd_last("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIABASE/"));
    assert_non_null(strstr(awsd_last("Authorization"), "/eu-west-3/sts/aws4_request"));
    setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "planted-e", 1);
    expect("env", "ASIAROLE", "planted/role+secret", "planted&role");
    assert_non_null(strstr(awsd_last("Authorization"), "Credential=AKIAENV/"));
    assert_non_null(strstr(awsd_last("Authorization"), "/us-east-1/sts/"));
    setenv("AWS_ENDPOINT_URL_STS", awsd_url("/sts-denied"), 1);
    expect_failure("role", -EACCES,
                   "role arn:aws:iam::1:role/r of profile role: HTTP 403 (AccessDenied: not auth");
    setenv("AWS_ENDPOINT_URL_STS", awsd_url("/sts-junk"), 1);
    expect_failure("role", -EBADMSG, "STS: its answer lacks");
    setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1/", 1);
    expect_failure("role", -ECONNREFUSED, "STS: 127.0.0.1:1: Connection refused");
}

/* Keys of a source go before a role that it has, too; STS is asked where the first profile says. */
static void a_role_of_a_source_with_keys_and_a_role(void **state)
{
    char text[1024];
    snprintf(text, sizeof text,
             "[profile top]\nrole_arn = arn:aws:iam::1:role/top\nsource_profile = mid\nregion = eu-north-1\n"
             "services = local\n[services local]\nsts =\n  endpoint_url = %s\n"
             "[profile mid]\nrole_arn = arn:aws:iam::1:role/mid\nsource_profile = top\nregion = us-west-2\n"
             "aws_access_key_id = AKIAMID\naws_secret_access_key = planted-m\n"
             "[profile own]\nrole_arn = arn:aws:iam::1:role/own\nsource_profile = own\nservices = local\n"
             "aws_access_key_id = AKIAOWN\naws_secret_access_key = planted-o\n",
             awsd_url("/sts-one"));
    scratch_write(*state, ".aws/config", text);
    expect("top", "ASIAROLE", "planted/role+secret", "planted&role");
    assert_int_equal(awsd_count("sts-one"), 1);
    assert_string_equal(awsd_last("RoleArn"), "arn:aws:iam::1:role/top");
    assert_non_null(strstr(awsd_last("Authorization"), "Credential=AKIAMID/"));
    assert_non_null(strstr(awsd_last("Authorization"), "/eu-north-1/sts/"));
    expect("own", "ASIAROLE", "planted/role+secret", "planted&role");
    assert_non_null(strstr(awsd_last("Authorization"), "Credential=AKIAOWN/"));
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    setenv("AWS_USE_DUALSTACK_ENDPOINT", "true", 1);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    expect_failure("own", -ECONNREFUSED, "STS: sts.us-east-1.api.aws:443 through the proxy");
    setenv("AWS_DEFAULT_REGION", "us-isob-east-1", 1);
    unsetenv("AWS_USE_DUALSTACK_ENDPOINT");
    expect_failure("own", -ECONNREFUSED, "STS: sts.us-isob-east-1.sc2s.sgov.gov:443 through the proxy");
    unsetenv("https_proxy");
}

static void sts_that_fails_for_a_moment(void **state)
{
    static const char *const kinds[] = {"sts-500", "sts-503", "sts-idp", "sts-throttled", "sts-closed"};
    scratch_write(*state, ".aws/config",
                  "[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = role\n"
                  "aws_access_key_id = AKIABASE\naws_secret_access_key = planted-b\n");
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        char path[64];
        snprintf(path, sizeof path, "/%s", kinds[i]);
        setenv("AWS_ENDPOINT_URL", awsd_url(path), 1);
        expect("role", "ASIAROLE", "planted/role+secret", "planted&role");
        assert_int_equal(awsd_count(kinds[i]), 2);
    }
    setenv("AWS_ENDPOINT_URL", awsd_url("/sts-down"), 1);
    expect_failure("role", -EBADMSG,
                   "STS did not return credentials for role arn:aws:iam::1:role/r of profile role: HTTP 503");
    assert_int_equal(awsd_count("sts-down"), 3);
    int denied = awsd_count("sts-denied"); /* that won't change */
    setenv("AWS_ENDPOINT_URL", awsd_url("/sts-denied"), 1);
    expect_failure("role", -EACCES, "AccessDenied");
    assert_int_equal(awsd_count("sts-denied"), denied + 1);
    unsetenv("AWS_ENDPOINT_URL");
}

static void web_identity(void **state)
{
    const char *token = scratch_write(*state, "token", "planted.jwt=\n");
    setenv("AWS_ENDPOINT_URL_STS", awsd_url("/sts-ok"), 1);
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token, 1);
    expect_failure(NULL, -EINVAL, "AWS_ROLE_ARN is not");
    setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/w", 1);
    expect(NULL, "ASIAROLE", "planted/role+secret", "planted&role");
    assert_string_equal(awsd_last("Action"), "AssumeRoleWithWebIdentity");
    assert_string_equal(awsd_last("WebIdentityToken"), "planted.jwt=");
    assert_string_equal(awsd_last("Authorization"), "");
    setenv("AWS_ENDPOINT_URL_STS", awsd_url("/sts-quote"), 1);
    expect_failure(NULL, -EACCES, "(AccessDenied: who is ************)");
    scratch_write(*state, "token", "\n");
    expect_failure(NULL, -EBADMSG, "the file contains no token");
    remove(token);
    expect_failure(NULL, -ENOENT, "No such file");
}

static void expect_container(const char *path, int code, const char *words)
{
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", awsd_url(path), 1);
    expect_failure(NULL, code, words);
}

static void containers(void **state)
{
    expect_container("/c-401", -EACCES, "HTTP 401 (InvalidAuth: no\\x1b[2J)");
    expect_container("/c-junk", -EBADMSG, "not a JSON object with AccessKeyId");
    expect_container("/c-expired", -EKEYEXPIRED, "expired at 2001-09-09T01:46:40Z");
    expect_container("/c-time", -EBADMSG, "Expiration 'soon' is not a time");
    expect_container("/c-inject", -EBADMSG, "session token has a character that isn't allowed in a header");
    expect_container("/c-huge", -EMSGSIZE, "larger than 1 MiB");
    expect_container("/c-redirect", -EBADMSG, "HTTP 302");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "planted-a", 1);
    expect_container("/c-token/planted-b", -EACCES, "AWS_CONTAINER_AUTHORIZATION_TOKEN(_FILE)");
    expect_container("/c-quote", -EACCES, "(AccessDenied: who is *********)");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer planted-a", 1);
    expect_container("/c-quote", -EACCES, "(AccessDenied: who is ****************)");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "planted-a", 1);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", awsd_url("/c-token/planted-a"), 1);
    expect(NULL, "AKIA2", "planted-secret-2", "planted-token-2");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "planted\r\nX-Evil: 1", 1);
    expect_failure(NULL, -EINVAL, "isn't allowed in a header");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", scratch_write(*state, "token", "planted-a\n"), 1);
    expect(NULL, "AKIA3", "planted-secret-3", "planted-token-3");
    scratch_write(*state, "token", "planted-c");
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", awsd_url("/c-token/planted-c"), 1);
    expect(NULL, "AKIA4", "planted-secret-4", "planted-token-4");
}

static void addresses_of_containers(void **state)
{
    (void)state;
    static const char *const refused[] = {"http://10.0.0.1/x",          "http://169.254.169.254/x",
                                          "http://metadata.example/x",  "http://127.0.0.1.example/x",
                                          "http://localhost.example/x", "http://[fd00:ec2::254]/x",
                                          "http://169.254.170.24/x"};
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", refused[i], 1);
        expect_failure(NULL, -EINVAL, "plain http is allowed only for loopback");
    }
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "ftp://127.0.0.1:1/x", 1);
    expect_failure(NULL, -EINVAL, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    static const char *const asked[] = {"https://127.0.0.1:1/x", "http://127.9.9.9:1/x", "http://[::1]:1/x",
                                        "http://localhost:1/x"};
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", asked[i], 1);
        expect_failure(NULL, -ECONNREFUSED, "Connection refused");
    }
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/a b", 1);
    expect_failure(NULL, -EINVAL, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: not a usable URL");
}

static void expect_instance(const char *kind, int code, const char *words)
{
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", awsd_url(kind), 1);
    expect_failure(NULL, code, words);
}

static void instances(void **state)
{
    (void)state;
    setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
    /* A proxy must not see metadata. */
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    expect_instance("/imds-401", -EACCES, "HTTP 401");
    expect_instance("/imds-forbidden", -EACCES, "it answered the request for a token with HTTP 403");
    expect_instance("/imds-v1", -EBADMSG, "it answered the request for a token with HTTP 404");
    assert_int_equal(awsd_count("imds-v1"), 0);
    expect_instance("/imds-evil", -EBADMSG, "its answer is not a token");
    expect_instance("/imds-norole", -ENOENT, "the instance has no IAM role");
    expect_instance("/imds-badrole", -EBADMSG, "its answer is not a role's name");
    expect_instance("/imds-junk", -EBADMSG, "not a JSON object with AccessKeyId");
    expect_instance("/imds-untrusted", -EACCES, "AssumeRoleUnauthorizedAccess: EC2 cannot assume");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1", 1);
    expect_failure(NULL, -ENOENT, "instance metadata: 127.0.0.1:1: Connection refused");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", awsd_url("/imds-ok/"), 1);
    expect(NULL, "AKIA2", "planted-secret-2", "planted-token-2");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", awsd_url("/imds-unsteady"), 1);
    expect(NULL, "AKIA2", "planted-secret-2", "planted-token-2");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", awsd_url("/imds-expired"),
           1); /* AWS takes them for longer then */
    expect(NULL, "AKIA2", "planted-secret-2", "planted-token-2");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", awsd_url("/imds-restarted"), 1);
    expect(NULL, "AKIA3", "planted-secret-3", "planted-token-3");
    unsetenv("http_proxy");
}

static void a_silent_instance(void **state)
{
    (void)state;
    setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", awsd_url("/imds-slow"), 1);
    struct error error = {0};
    struct aws_credentials credentials = {0};
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + US_PER_S / 4, .cancel_fd = -1};
    assert_int_equal(credentials_get(NULL, &patience, &credentials, &error), -ENOENT);
    assert_non_null(strstr(error.message, "no answer in time (in a container, the hop limit must be 2)"));
}

static void cancelled(void **state)
{
    (void)state;
    struct error error = {0};
    struct aws_credentials credentials = {0};
    int fd = eventfd(1, EFD_CLOEXEC);
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + 60 * US_PER_S,
                                            .cancel_fd = fd};
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", awsd_url("/c-silent"), 1);
    assert_int_equal(credentials_get(NULL, &patience, &credentials, &error), -ECANCELED);
    close(fd);
    /* That someone gave up says nothing about the credentials. */
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", awsd_url("/c-ok"), 1);
    assert_int_equal(get(NULL, &credentials, &error), 0);
    aws_credentials_free(&credentials);
}

static void expect_region(const char *profile, const char *region)
{
    struct error error = {0};
    CLEANUP_FREE char *found = NULL;
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + 20 * US_PER_S,
                                            .cancel_fd = -1};
    int result = credentials_region(profile, &patience, &found, &error);
    if (region && (result != 0 || strcmp(found, region) != 0))
        fail_msg("%d: %s", result, error.message);
    if (!region) {
        assert_int_equal(result, -ENOENT);
        assert_non_null(
            strstr(error.message, "no region: not in the configuration, AWS_REGION or the profile"));
    }
}

static void regions(void **state)
{
    scratch_write(*state, ".aws/config",
                  "[default]\nregion=eu-south-1\n[profile x]\nregion=eu-south-2\n"
                  "[profile y]\noutput=json\n");
    expect_region(NULL, "eu-south-1");
    expect_region("x", "eu-south-2");
    expect_region("y", NULL);
    credentials_forget();
    setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", awsd_url("/imds-region"), 1);
    expect_region("y", "eu-west-1");
    expect_region("y", "eu-west-1");
    assert_int_equal(awsd_count("imds-region"), 1);
    setenv("AWS_DEFAULT_REGION", "us-west-1", 1);
    expect_region("x", "us-west-1");
    setenv("AWS_REGION", "us-west-2", 1);
    expect_region("x", "us-west-2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_environment, begin, end),
        cmocka_unit_test_setup_teardown(shared_files, begin, end),
        cmocka_unit_test_setup_teardown(keys_of_one_file_are_a_set, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read, begin, end),
        cmocka_unit_test_setup_teardown(processes, begin, end),
        cmocka_unit_test_setup_teardown(a_process_that_is_not_there, begin, end),
        cmocka_unit_test_setup_teardown(a_process_that_changes_its_group, begin, end),
        cmocka_unit_test_setup_teardown(a_process_that_does_not_end, begin, end),
        cmocka_unit_test_setup_teardown(a_process_whose_child_holds_its_output, begin, end),
        cmocka_unit_test_setup_teardown(a_process_has_the_usual_limits, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_supported, begin, end),
        cmocka_unit_test_setup_teardown(roles, begin, end),
        cmocka_unit_test_setup_teardown(a_role_of_a_source_with_keys_and_a_role, begin, end),
        cmocka_unit_test_setup_teardown(sts_that_fails_for_a_moment, begin, end),
        cmocka_unit_test_setup_teardown(web_identity, begin, end),
        cmocka_unit_test_setup_teardown(containers, begin, end),
        cmocka_unit_test_setup_teardown(addresses_of_containers, begin, end),
        cmocka_unit_test_setup_teardown(instances, begin, end),
        cmocka_unit_test_setup_teardown(a_silent_instance, begin, end),
        cmocka_unit_test_setup_teardown(cancelled, begin, end),
        cmocka_unit_test_setup_teardown(regions, begin, end),
    };
    return cmocka_run_group_tests(tests, awsd_start, awsd_stop);
}
