#include "base/clock.h"
#include "commands/commands.h"
#include "commands/load.h"
#include "config/preset.h"
#include "plan/function_name.h"
#include "plan/syntax.h"
#include "protocol/request.h"
#include "telemetry/views.h"
#include "telemetry/views_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_function(const struct probe_options *options)
{
    return !strstr(options->target, "://");
}

/* Checks a target that is a URL. */
static int check_target_url(const struct probe_options *options, struct error *error)
{
    int result = check_url(options->target, error);
    if (result == 0 && (options->region || options->qualifier || options->profile || options->endpoint_url))
        result =
            error_set(error, -EINVAL,
                      "--region, --qualifier, --profile and --endpoint-url are for functions, not for a URL");
    if (result == 0 && options->http_version == HTTP_VERSION_2 && !is_https(options->target))
        result = error_set(error, -EINVAL, "HTTP/2 needs https");
    return result;
}

static int check_region(const struct probe_options *options, const struct function_name *name,
                        struct error *error)
{
    if (!options->region)
        return 0;
    if (!is_region(options->region))
        return error_set(error, -EINVAL, "'%s' is not a region such as eu-west-1", options->region);
    if (name->region[0] != '\0' && strcmp(name->region, options->region) != 0)
        return error_set(error, -EINVAL, "--region %s contradicts the function's ARN, which says %s",
                         options->region, name->region);
    return 0;
}

/* Checks a target that is a function. */
static int check_function(const struct probe_options *options, struct error *error)
{
    struct function_name name;
    int result = function_name_parse(options->target, &name, error);
    if (result == -EINVAL && strpbrk(options->target, "./"))
        return error_set(error, -EINVAL, "'%s' is neither a URL (http:// or https://) nor a function",
                         options->target);
    if (result == 0 && options->qualifier && !is_function_qualifier(options->qualifier))
        result = error_set(error, -EINVAL, "'%s' is not an alias, a version number or $LATEST",
                           options->qualifier);
    if (result == 0 && options->qualifier && name.qualifier[0] != '\0')
        result = error_set(error, -EINVAL, "the function already has a qualifier: %s", name.qualifier);
    if (result == 0 && options->method && strcmp(options->method, "POST") != 0)
        result = error_set(error, -EINVAL, "a function can be called with POST only");
    if (result == 0 && options->endpoint_url)
        result = check_url(options->endpoint_url, error);
    return result == 0 ? check_region(options, &name, error) : result;
}

static int check(const struct probe_options *options, struct error *error)
{
    int result = is_function(options) ? check_function(options, error) : check_target_url(options, error);
    for (size_t i = 0; result == 0 && i < options->headers.n; i++)
        result = check_header(options->headers.items[i], error);
    if (result == 0 && options->method && !is_request_method(options->method))
        result = error_set(error, -EINVAL, "'%s' is not a request method", options->method);
    if (result == 0 && options->method && options->body && strcmp(options->method, "HEAD") == 0)
        result = error_set(error, -1, "a HEAD request can't have a body");
    return result;
}

static char *copy(const char *string, bool *failed)
{
    char *copied = string ? strdup(string) : NULL;
    *failed |= string && !copied;
    return copied;
}

/* Fills it in with the configuration's defaults for a function. */
static bool fill_function(struct endpoint *endpoint, const struct probe_options *options)
{
    struct function_name name = {0};
    bool failed = function_name_parse(options->target, &name, NULL) < 0;
    endpoint->function = copy(options->target, &failed);
    endpoint->qualifier = copy(options->qualifier, &failed);
    endpoint->region = copy(name.region[0] ? name.region : options->region, &failed);
    endpoint->profile = copy(options->profile, &failed);
    if (options->endpoint_url) {
        endpoint->endpoint_url = strndup(options->endpoint_url, url_origin_length(options->endpoint_url));
        failed |= !endpoint->endpoint_url;
    }
    endpoint->service = copy("lambda", &failed);
    endpoint->auth = AUTH_SIGV4;
    endpoint->protocol = PROTOCOL_AUTO;
    return !failed;
}

static bool fill(struct endpoint *endpoint, const struct probe_options *options)
{
    bool failed = false;
    *endpoint = endpoint_preset();
    endpoint->warm = options->n;
    endpoint->interval_us = US_PER_S;
    endpoint->timeout_us = options->timeout_us;
    endpoint->connect_timeout_us = options->connect_timeout_us;
    endpoint->hold_us = options->hold_us;
    endpoint->attempts = 1;
    endpoint->http_version = options->http_version;
    endpoint->name = copy("probe", &failed);
    if (is_function(options))
        failed |= !fill_function(endpoint, options);
    else
        endpoint->url = copy(options->target, &failed);
    endpoint->method = copy(is_function(options) ? NULL : options->method, &failed);
    endpoint->body = copy(options->body, &failed);
    endpoint->ca_file = copy(options->ca_file, &failed);
    endpoint->headers = calloc(options->headers.n + 1, sizeof *endpoint->headers);
    for (size_t i = 0; endpoint->headers && i < options->headers.n; i++)
        endpoint->headers[endpoint->n_headers++] = copy(options->headers.items[i], &failed);
    return endpoint_preset_rest(endpoint, false, false) && endpoint->headers && !failed;
}

static struct plan *make_plan(const struct probe_options *options)
{
    struct plan *plan = plan_new();
    if (!plan)
        return NULL;
    plan->daemon.max_in_flight = PLAN_WARM_MAX;
    plan->endpoints = calloc(1, sizeof *plan->endpoints);
    plan->n_endpoints = plan->endpoints != NULL;
    if (!plan->endpoints || !fill(&plan->endpoints[0], options)) {
        plan_unref(plan);
        return NULL;
    }
    return plan;
}

/* Placeholders that can't be filled are the caller's mistake, which must be reported before anything is
 * sent. */
static int check_placeholders(const struct plan *plan, struct error *error)
{
    const char *url = plan->endpoints[0].url;
    struct request_values values = {
        .plan = plan, .url = url ? url : "http://function", .round_id = "", .index = 1, .count = 1};
    struct request request = {0};
    int result = request_render(&plan->endpoints[0], &values, &request, error);
    request_free(&request);
    return result;
}

static int report(const struct round *round, const struct arguments *arguments)
{
    if (arguments->json) {
        struct round *const rounds[] = {(struct round *)(uintptr_t)round};
        CLEANUP_FREE char *json = rounds_json(rounds, 1, false);
        puts(json ? json : "");
    } else
        round_probe_print(stdout, round, arguments->probe.target);
    return round->result == ROUND_MET ? EXIT_DONE : EXIT_NOT_MET;
}

static int fail(int code, const struct error *error)
{
    fprintf(stderr, "lambda-warmd probe: %s\n", error->message);
    return code;
}

int command_probe(const struct arguments *arguments)
{
    const struct probe_options *options = &arguments->probe;
    struct error error = {0};
    if (check(options, &error) < 0)
        return fail(EXIT_USAGE, &error);
    if (options->ca_file && access(options->ca_file, R_OK) < 0) {
        fprintf(stderr, "lambda-warmd probe: cannot read %s: %s\n", options->ca_file, strerror(errno));
        return errno == ENOENT ? EXIT_NO_INPUT : EXIT_PERMISSION;
    }
    CLEANUP(cleanup_plan_unref) struct plan *plan = make_plan(options);
    CLEANUP(cleanup_round_free) struct round *round = NULL;
    if (!plan)
        return EXIT_FAULT;
    if (check_placeholders(plan, &error) < 0)
        return fail(EXIT_USAGE, &error);
    if (descriptors_raise_for(plan, &error) < 0)
        return fail(EXIT_UNAVAILABLE, &error);
    const struct endpoint *const chosen[] = {&plan->endpoints[0]};
    int result = run_rounds(plan, chosen, 1, &round);
    if (result < 0 || !round) {
        error_set(&error, result, "cannot run the round: %s", strerror(-result));
        return fail(EXIT_UNAVAILABLE, &error);
    }
    return report(round, arguments);
}
