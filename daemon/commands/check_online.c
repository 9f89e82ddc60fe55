#include "commands/check_online.h"

#include "base/clock.h"
#include "base/progress.h"
#include "commands/commands.h"
#include "net/fetch.h"
#include "protocol/answer.h"
#include "protocol/lambda.h"
#include "telemetry/tell.h"
#include "volley/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { DETAIL_MAX = 400, DRY_RUN_ALLOWED = 204, CONFIGURATION_TOLD = 200 };
#define ASK_US (15 * US_PER_S)

struct online {
    const struct plan *plan;
    size_t functions, asked; /* how many there are to ask about, and how many of them have been */
    struct progress progress;
    size_t others; /* endpoints that have a url */
    size_t hidden; /* functions that may be invoked, but whose configuration may not be read */
};

static void cleanup_sample(struct sample *sample)
{
    sample_clear(sample);
}

/* The exit status for a cause, and what to do about it; "" if the message says it all. */
static const struct {
    enum cause cause;
    enum exit_code code;
    const char *remedy;
} known[] = {
    {CAUSE_ACCESS_DENIED, EXIT_PERMISSION,
     "; the caller's policy must allow lambda:InvokeFunction on it, and so must the function's own policy if "
     "another account owns it"},
    {CAUSE_SIGNATURE, EXIT_PERMISSION, "; check the secret key and the region"},
    {CAUSE_EXPIRED_TOKEN, EXIT_PERMISSION, "; renew the credentials at their source"},
    {CAUSE_CREDENTIALS, EXIT_PERMISSION, ""},
    {CAUSE_CLOCK_SKEW, EXIT_PERMISSION, ""},
    {CAUSE_NO_FUNCTION, EXIT_CONFIG, "; check function, qualifier and region"},
};

static int refuse(const struct endpoint *endpoint, enum cause cause, int status, const char *detail)
{
    char name[CAUSE_NAME_MAX];
    size_t i = 0;
    while (i < COUNT_OF(known) && known[i].cause != cause)
        i++;
    CLEANUP_FREE char *shown = detail && *detail ? text_escape(detail, DETAIL_MAX) : NULL;
    fprintf(stderr, "%s:%u: %s: function %s: %s%s%s%s\n", endpoint->source_file, endpoint->source_line,
            endpoint->name, endpoint->function, cause_name(cause, status, name), shown ? ": " : "",
            shown ? shown : "", i < COUNT_OF(known) ? known[i].remedy : "");
    return i < COUNT_OF(known) ? (int)known[i].code : EXIT_UNAVAILABLE;
}

static void allow(const struct endpoint *endpoint, const struct message_setup *setup)
{
    printf("%s: function %s%s%s may be invoked%s%s\n", endpoint->name, endpoint->function,
           endpoint->qualifier ? ":" : "", endpoint->qualifier ? endpoint->qualifier : "",
           setup->region ? " in " : "", setup->region ? setup->region : "");
}

/* Reads the answer in the same way as a round's. */
static void judge(const struct endpoint *endpoint, const struct redactor *redactor,
                  const struct fetch_answer *fetched, struct sample *sample)
{
    struct answer answer = {0};
    const char *line = fetched->headers.data ? fetched->headers.data : "";
    answer_begin(&answer, fetched->status);
    while (*line) {
        size_t length = strcspn(line, "\n");
        length += line[length] == '\n';
        answer_take_header(&answer, endpoint, line, length);
        line += length;
    }
    if (fetched->body.length)
        answer_take_body(&answer, endpoint, fetched->body.data, fetched->body.length);
    sample->status = fetched->status;
    answer_finish(&answer, endpoint, redactor, clock_real_us(), sample);
    answer_free(&answer);
}

static void show_asked(void *context)
{
    struct online *online = context;
    progress_show(&online->progress, "check --online", "asked %zu/%zu", online->asked, online->functions);
}

typedef int make_question(const struct endpoint *, const char *, struct request *);

static enum cause send_question(struct online *online, const struct endpoint *endpoint,
                                const struct message_setup *setup, make_question *make,
                                struct fetch_answer *ret_answer, struct error *error)
{
    struct request request = {0};
    int result = make(endpoint, setup->origin, &request);
    if (result == 0 && endpoint->auth == AUTH_SIGV4)
        result = message_sign(endpoint, setup, &request);
    if (result < 0) {
        error_set(error, result, "the request can't be built: %s", strerror(-result));
        request_free(&request);
        return CAUSE_INTERNAL;
    }
    struct fetch_request ask = {.method = request.method,
                                .url = request.url,
                                .headers = (const char *const *)request.headers,
                                .n_headers = request.n_headers,
                                .ca_file = endpoint->ca_file,
                                .until_us = clock_monotonic_us() + ASK_US,
                                .connect_us = endpoint->connect_timeout_us,
                                .cancel_fd = -1,
                                .waiting = show_asked,
                                .context = online};
    result = fetch(&ask, ret_answer, error);
    request_free(&request);
    progress_hide(&online->progress); /* before what is said about the answer */
    return result < 0 ? CAUSE_CONNECT : CAUSE_NONE;
}

/* Asks once. CAUSE_NONE: it may be invoked; else SAMPLE or ERROR has the explanation, and RET_RESEND says
 * whether asking again may help. */
static enum cause ask(struct online *online, const struct endpoint *endpoint, struct message_setup *setup,
                      struct sample *sample, enum resend *ret_resend, struct error *error)
{
    CLEANUP_FETCH_ANSWER struct fetch_answer answer = {0};
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + ASK_US, .cancel_fd = -1};
    enum cause cause = message_setup_init(setup, online->plan, endpoint, &patience, error);
    if (cause == CAUSE_NONE)
        cause = send_question(online, endpoint, setup, lambda_dry_run, &answer, error);
    if (cause != CAUSE_NONE)
        return cause;
    judge(endpoint, &setup->redactor, &answer, sample);
    *ret_resend = message_learn(endpoint, setup, sample);
    if (sample->status == DRY_RUN_ALLOWED)
        return CAUSE_NONE;
    return sample->cause == CAUSE_NONE ? CAUSE_STATUS : sample->cause;
}

/* Warns about what warming does for this kind of function. False: the kind isn't known, because asking for it
 * isn't allowed. */
static bool check_kind(struct online *online, const struct endpoint *endpoint,
                       const struct message_setup *setup)
{
    CLEANUP_FETCH_ANSWER struct fetch_answer answer = {0};
    struct json_document configuration = {0};
    struct error unused = {0};
    const char *warning;
    if (send_question(online, endpoint, setup, lambda_configuration, &answer, &unused) != CAUSE_NONE ||
        answer.status != CONFIGURATION_TOLD ||
        json_document_read(answer.body.data, answer.body.length, &configuration, NULL) < 0)
        return answer.status != 403;
    struct lambda_kind kind = lambda_kind_read(&configuration);
    for (size_t i = 0; (warning = lambda_kind_warning(&kind, endpoint, i)); i++)
        say_warning(endpoint, "function %s: %s", endpoint->function, warning);
    return true;
}

static int check_function(struct online *online, const struct endpoint *endpoint)
{
    enum resend resend = RESEND_CLOCK;
    int code = EXIT_DONE;
    for (int tries = 0; resend != RESEND_NOT && tries < 2; tries++) {
        struct message_setup setup = {0};
        __attribute__((cleanup(cleanup_sample))) struct sample sample = {0};
        struct error error = {0};
        resend = RESEND_NOT;
        enum cause cause = ask(online, endpoint, &setup, &sample, &resend, &error);
        message_redact(&setup, &sample);
        if (resend == RESEND_CLOCK && tries == 0)
            tell_signature_clock(endpoint->name, sample.clock_offset_us);
        if (cause == CAUSE_NONE)
            allow(endpoint, &setup);
        else if (resend == RESEND_NOT || tries > 0)
            code = refuse(endpoint, cause, sample.status, sample.detail ? sample.detail : error.message);
        if (cause == CAUSE_NONE || cause == CAUSE_STATUS)
            online->hidden += !check_kind(online, endpoint, &setup);
        message_setup_free(&setup);
    }
    return code;
}

static void say_what_is_open(const struct online *online)
{
    if (online->others)
        fprintf(stderr,
                "%s: %zu endpoint%s with a url can't be checked without a real request: run `lambda-warmd "
                "once`\n",
                online->plan->path, online->others, online->others == 1 ? "" : "s");
    if (online->hidden)
        fprintf(stderr,
                "%s: the kind of %zu function%s is unknown (managed instances, durable, tenants): "
                "lambda:GetFunctionConfiguration is not allowed; warming works without it\n",
                online->plan->path, online->hidden, online->hidden == 1 ? "" : "s");
}

static bool is_asked_about(const struct endpoint *endpoint)
{
    return endpoint->enabled && endpoint->function;
}

int check_online(const struct plan *plan, size_t *ret_asked, size_t *ret_failed)
{
    struct online online = {.plan = plan, .progress = progress_begin(stderr, stdout)};
    int worst = EXIT_DONE;
    size_t failed = 0;
    for (size_t i = 0; i < plan->n_endpoints; i++)
        online.functions += is_asked_about(&plan->endpoints[i]);
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        const struct endpoint *endpoint = &plan->endpoints[i];
        bool is_asked = is_asked_about(endpoint);
        int code = is_asked ? check_function(&online, endpoint) : EXIT_DONE;
        online.asked += is_asked;
        failed += code != EXIT_DONE;
        online.others += endpoint->enabled && !endpoint->function;
        if (code == EXIT_PERMISSION || worst == EXIT_DONE)
            worst = code == EXIT_DONE ? worst : code;
    }
    say_what_is_open(&online);
    *ret_asked = online.asked;
    *ret_failed = failed;
    return worst;
}
