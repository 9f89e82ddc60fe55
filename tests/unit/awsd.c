#include "awsd.h"

#include "base/clock.h"
#include "base/json.h"
#include "net/fetch.h"

#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t server;
static int server_stdin = -1;
static int port;
static const char *scheme;

static int start(char *certificate, char *key)
{
    char script[PATH_MAX], line[32] = "", python[] = "python3", option[] = "-B";
    int in[2], out[2];
    /* This file is in tests/unit/, as it was named to the compiler: from the project's folder. */
    snprintf(script, sizeof script, "%.*s/../faults/awsd.py", (int)(strrchr(__FILE__, '/') - __FILE__),
             __FILE__);
    char *words[] = {python, option, script, certificate, key, NULL};
    posix_spawn_file_actions_t actions;
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    int code = posix_spawnp(&server, python, &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    server_stdin = in[1];
    FILE *lines = fdopen(out[0], "r");
    if (code != 0 || !lines || !fgets(line, sizeof line, lines))
        return -1;
    fclose(lines);
    port = (int)strtol(line, NULL, 10);
    scheme = certificate ? "https" : "http";
    return port > 0 ? 0 : -1;
}

int awsd_start(void **state)
{
    (void)state;
    return start(NULL, NULL);
}

int awsd_start_tls(const char *certificate, const char *key)
{
    char *words[] = {strdup(certificate), strdup(key)};
    int result = start(words[0], words[1]);
    free(words[0]);
    free(words[1]);
    return result;
}

int awsd_stop(void **state)
{
    (void)state;
    close(server_stdin);
    return waitpid(server, NULL, 0) == server ? 0 : -1;
}

const char *awsd_url(const char *path)
{
    static char urls[8][256];
    static unsigned next;
    char *url = urls[next++ % 8];
    snprintf(url, sizeof urls[0], "%s://127.0.0.1:%d%s", scheme, port, path);
    return url;
}

static void ask(const char *path, struct fetch_answer *answer)
{
    struct fetch_request request = {.method = "GET",
                                    .url = awsd_url(path),
                                    .direct = true,
                                    .until_us = clock_monotonic_us() + 10 * US_PER_S,
                                    .cancel_fd = -1};
    struct error error = {0};
    if (fetch(&request, answer, &error) < 0 || answer->status != 200) {
        fprintf(stderr, "%s: %s\n", path, error.message);
        abort();
    }
}

int awsd_count(const char *name)
{
    char path[128];
    CLEANUP_FETCH_ANSWER struct fetch_answer answer = {0};
    snprintf(path, sizeof path, "/_count/%s", name);
    ask(path, &answer);
    return (int)strtol(answer.body.data, NULL, 10);
}

const char *awsd_last(const char *name)
{
    static char value[1024];
    char pointer[64];
    CLEANUP_FETCH_ANSWER struct fetch_answer answer = {0};
    ask("/_last", &answer);
    snprintf(pointer, sizeof pointer, "/%s", name);
    char *text = json_pointer_text(answer.body.data, answer.body.length, pointer);
    snprintf(value, sizeof value, "%s", text ? text : "");
    free(text);
    return value;
}

void aws_environment_clear(const char *folder)
{
    static const char *const names[] = {"AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY",
                                        "AWS_SESSION_TOKEN",
                                        "AWS_SECURITY_TOKEN",
                                        "AWS_CREDENTIAL_EXPIRATION",
                                        "AWS_WEB_IDENTITY_TOKEN_FILE",
                                        "AWS_ROLE_ARN",
                                        "AWS_ROLE_SESSION_NAME",
                                        "AWS_SHARED_CREDENTIALS_FILE",
                                        "AWS_CONFIG_FILE",
                                        "CREDENTIALS_DIRECTORY",
                                        "AWS_PROFILE",
                                        "AWS_DEFAULT_PROFILE",
                                        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                                        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                                        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                        "AWS_ENDPOINT_URL",
                                        "AWS_ENDPOINT_URL_STS",
                                        "AWS_ENDPOINT_URL_LAMBDA",
                                        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                        "AWS_USE_FIPS_ENDPOINT",
                                        "AWS_USE_DUALSTACK_ENDPOINT",
                                        "AWS_CA_BUNDLE",
                                        "AWS_REGION",
                                        "AWS_DEFAULT_REGION"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    setenv("HOME", folder, 1);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
}
