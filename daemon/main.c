#include "base/duration.h"
#include "base/text.h"
#include "base/trace.h"
#include "commands/check.h"
#include "commands/exit_codes.h"
#include "commands/once.h"
#include "commands/plan_command.h"
#include "commands/probe.h"
#include "commands/reload.h"
#include "commands/run.h"
#include "commands/status_command.h"
#include "commands/streams.h"
#include "commands/usage.h"
#include "volley/volley.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

/* Long options without a letter. */
enum {
    OPTION_HOLD = 256,
    OPTION_CACERT,
    OPTION_JSON,
    OPTION_FLAG,
    OPTION_DISTINCT,
    OPTION_VERSION,
    OPTION_TIMEOUT,
    OPTION_CONNECT,
    OPTION_HTTP,
    OPTION_CHECK,
    OPTION_DIR,
    OPTION_REGION,
    OPTION_QUALIFIER,
    OPTION_PROFILE,
    OPTION_ENDPOINT_URL
};

#define COMMON_OPTIONS                                                                                       \
    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, OPTION_VERSION},                        \
    {                                                                                                        \
        "config", required_argument, NULL, 'c'                                                               \
    }

/* What comes before the command. */
struct invocation {
    const char *config_path;
    const char *command;
    int argc; /* from the command on */
    char **argv;
};

/* --help, --version, -c: true if it was one of them; *ret_code then says how to go on (−1: go on). */
static bool take_common(int option, struct invocation *invocation, const char *command, int *ret_code)
{
    *ret_code = -1;
    if (option == 'h')
        *ret_code = usage_print(stdout, command);
    else if (option == OPTION_VERSION)
        *ret_code = usage_version();
    else if (option == 'c')
        invocation->config_path = optarg;
    else
        return false;
    return true;
}

static int refuse_operands(const struct invocation *invocation)
{
    if (optind == invocation->argc)
        return EXIT_DONE;
    const char *operand = invocation->argv[optind];
    bool is_path = strchr(operand, '/') || strstr(operand, ".conf") || access(operand, F_OK) == 0;
    fprintf(stderr, "lambda-warmd %s: '%s' is not expected here", invocation->command, operand);
    if (is_path)
        fprintf(stderr, " (did you mean -c %s?)", operand);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

/* Parses a command that takes no operands, and no option of its own except FLAG (NULL: none). */
static int with_flag(struct invocation *invocation, const char *flag, bool *ret_given)
{
    const struct option options[] = {COMMON_OPTIONS, {flag ? flag : "", no_argument, NULL, OPTION_FLAG}, {0}};
    int code;
    for (int option;
         (option = getopt_long(invocation->argc, invocation->argv, "hc:", options, NULL)) != -1;) {
        if (take_common(option, invocation, invocation->command, &code)) {
            if (code >= 0)
                return code;
        } else if (option == OPTION_FLAG && flag)
            *ret_given = true;
        else
            return usage_hint(invocation->command);
    }
    code = refuse_operands(invocation);
    return code == EXIT_DONE ? -1 : code;
}

static int main_run(struct invocation *invocation)
{
    bool unused;
    int code = with_flag(invocation, NULL, &unused);
    return code >= 0 ? code : command_run(invocation->config_path);
}

static int main_check(struct invocation *invocation)
{
    bool online = false;
    int code = with_flag(invocation, "online", &online);
    return code >= 0 ? code : command_check(invocation->config_path, online);
}

static int main_plan(struct invocation *invocation)
{
    bool json = false;
    int code = with_flag(invocation, "json", &json);
    return code >= 0 ? code : command_plan(invocation->config_path, json);
}

static int main_once(struct invocation *invocation)
{
    static const struct option options[] = {COMMON_OPTIONS,
                                            {"json", no_argument, NULL, OPTION_JSON},
                                            {"distinct", no_argument, NULL, OPTION_DISTINCT},
                                            {0}};
    struct once_options once = {0};
    int code;
    for (int option;
         (option = getopt_long(invocation->argc, invocation->argv, "hc:", options, NULL)) != -1;) {
        if (take_common(option, invocation, "once", &code)) {
            if (code >= 0)
                return code;
        } else if (option == OPTION_JSON)
            once.json = true;
        else if (option == OPTION_DISTINCT)
            once.distinct = true;
        else
            return usage_hint("once");
    }
    once.names = invocation->argv + optind;
    once.n_names = invocation->argc - optind;
    return command_once(invocation->config_path, &once);
}

static int take_number(const char *text, uint32_t *ret_number)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' || number < 1 || number > PLAN_WARM_MAX) {
        fprintf(stderr, "lambda-warmd probe: -n takes a number from 1 to %d, not '%s'\n", PLAN_WARM_MAX,
                text);
        return EXIT_USAGE;
    }
    *ret_number = (uint32_t)number;
    return -1;
}

static int take_duration(const char *name, const char *text, uint64_t least_us, uint64_t *ret_us)
{
    uint64_t duration_us;
    if (duration_parse(text, &duration_us) < 0 || duration_us < least_us ||
        duration_us > UINT64_C(900000000)) {
        fprintf(stderr,
                "lambda-warmd probe: --%s takes a duration such as 75ms or 2s, up to 15min, not '%s'\n", name,
                text);
        return EXIT_USAGE;
    }
    *ret_us = duration_us;
    return -1;
}

static int take_http_version(const char *text, enum http_version *ret_version)
{
    for (enum http_version version = HTTP_VERSION_AUTO; version <= HTTP_VERSION_2; version++)
        if (strcmp(text, http_version_name(version)) == 0) {
            *ret_version = version;
            return -1;
        }
    fprintf(stderr, "lambda-warmd probe: --http takes auto, 1.1 or 2, not '%s'\n", text);
    return EXIT_USAGE;
}

/* Takes one option of probe: −1 to go on, else an exit code. */
static int take_probe_option(int option, struct probe_options *probe)
{
    switch (option) {
    case 'n':
        return take_number(optarg, &probe->n);
    case 'H':
        probe->headers[probe->n_headers++] = optarg;
        return -1;
    case 'X':
        probe->method = optarg;
        return -1;
    case 'd':
        probe->body = optarg;
        return -1;
    case OPTION_HOLD:
        return take_duration("hold", optarg, 0, &probe->hold_us);
    case OPTION_TIMEOUT:
        return take_duration("timeout", optarg, 1000, &probe->timeout_us);
    case OPTION_CONNECT:
        return take_duration("connect-timeout", optarg, 1000, &probe->connect_timeout_us);
    case OPTION_HTTP:
        return take_http_version(optarg, &probe->http_version);
    case OPTION_CACERT:
        probe->ca_file = optarg;
        return -1;
    case OPTION_REGION:
        probe->region = optarg;
        return -1;
    case OPTION_QUALIFIER:
        probe->qualifier = optarg;
        return -1;
    case OPTION_PROFILE:
        probe->profile = optarg;
        return -1;
    case OPTION_ENDPOINT_URL:
        probe->endpoint_url = optarg;
        return -1;
    case OPTION_JSON:
        probe->json = true;
        return -1;
    default:
        return usage_hint("probe");
    }
}

static int main_probe(struct invocation *invocation)
{
    static const struct option options[] = {COMMON_OPTIONS,
                                            {"json", no_argument, NULL, OPTION_JSON},
                                            {"hold", required_argument, NULL, OPTION_HOLD},
                                            {"timeout", required_argument, NULL, OPTION_TIMEOUT},
                                            {"connect-timeout", required_argument, NULL, OPTION_CONNECT},
                                            {"http", required_argument, NULL, OPTION_HTTP},
                                            {"cacert", required_argument, NULL, OPTION_CACERT},
                                            {"region", required_argument, NULL, OPTION_REGION},
                                            {"qualifier", required_argument, NULL, OPTION_QUALIFIER},
                                            {"profile", required_argument, NULL, OPTION_PROFILE},
                                            {"endpoint-url", required_argument, NULL, OPTION_ENDPOINT_URL},
                                            {"header", required_argument, NULL, 'H'},
                                            {"request", required_argument, NULL, 'X'},
                                            {"data", required_argument, NULL, 'd'},
                                            {0}};
    struct probe_options probe;
    int code = -1;
    probe_defaults(&probe);
    CLEANUP_FREE char **headers = calloc((size_t)invocation->argc + 1, sizeof *headers);
    if (!headers)
        return EXIT_FAULT;
    probe.headers = headers;
    for (int option;
         (option = getopt_long(invocation->argc, invocation->argv, "hc:n:H:X:d:", options, NULL)) != -1;) {
        if (!take_common(option, invocation, "probe", &code))
            code = take_probe_option(option, &probe);
        if (code >= 0)
            return code;
    }
    if (optind + 1 != invocation->argc) {
        fprintf(stderr, "lambda-warmd probe: exactly one URL or function is expected\n");
        return usage_hint("probe");
    }
    probe.target = invocation->argv[optind];
    return command_probe(&probe);
}

static int main_reload(struct invocation *invocation)
{
    static const struct option options[] = {
        COMMON_OPTIONS, {"dir", required_argument, NULL, OPTION_DIR}, {0}};
    const char *folder = NULL;
    int code;
    for (int option;
         (option = getopt_long(invocation->argc, invocation->argv, "hc:", options, NULL)) != -1;) {
        if (take_common(option, invocation, "reload", &code)) {
            if (code >= 0)
                return code;
        } else if (option == OPTION_DIR)
            folder = optarg;
        else
            return usage_hint("reload");
    }
    code = refuse_operands(invocation);
    return code == EXIT_DONE ? command_reload(folder) : code;
}

static int main_status(struct invocation *invocation)
{
    static const struct option options[] = {COMMON_OPTIONS,
                                            {"json", no_argument, NULL, OPTION_JSON},
                                            {"check", no_argument, NULL, OPTION_CHECK},
                                            {"dir", required_argument, NULL, OPTION_DIR},
                                            {0}};
    struct status_options status = {0};
    int code;
    for (int option;
         (option = getopt_long(invocation->argc, invocation->argv, "hc:", options, NULL)) != -1;) {
        if (take_common(option, invocation, "status", &code)) {
            if (code >= 0)
                return code;
        } else if (option == OPTION_JSON)
            status.json = true;
        else if (option == OPTION_CHECK)
            status.check = true;
        else if (option == OPTION_DIR)
            status.folder = optarg;
        else
            return usage_hint("status");
    }
    code = refuse_operands(invocation);
    return code == EXIT_DONE ? command_status(&status) : code;
}

static int main_help(struct invocation *invocation)
{
    static const struct option options[] = {COMMON_OPTIONS, {0}};
    int code;
    for (int option;
         (option = getopt_long(invocation->argc, invocation->argv, "hc:", options, NULL)) != -1;) {
        if (!take_common(option, invocation, "help", &code))
            return usage_hint("help");
        if (code >= 0)
            return code;
    }
    const char *topic = optind < invocation->argc ? invocation->argv[optind++] : NULL;
    code = refuse_operands(invocation);
    return code == EXIT_DONE ? usage_help(topic) : code;
}

static const struct {
    const char *name;
    int (*main)(struct invocation *invocation);
} commands[] = {{"run", main_run},       {"check", main_check},  {"plan", main_plan},
                {"once", main_once},     {"probe", main_probe},  {"help", main_help},
                {"reload", main_reload}, {"status", main_status}};

static int dispatch(struct invocation *invocation)
{
    static char who[64]; /* the name in complaints about options */
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strcmp(commands[i].name, invocation->command) == 0) {
            optind = 0; /* starts over after the command */
            snprintf(who, sizeof who, "lambda-warmd %s", invocation->command);
            invocation->argv[0] = who;
            return commands[i].main(invocation);
        }
    fprintf(stderr, "lambda-warmd: there is no command '%s'\n", invocation->command);
    return usage_hint(NULL);
}

static int run_command(int argc, char **argv)
{
    static const struct option options[] = {COMMON_OPTIONS, {0}};
    struct invocation invocation = {.config_path = WARMD_SYSCONFDIR "/lambda-warmd/lambda-warmd.conf"};
    static char who[] = "lambda-warmd"; /* the name in complaints about options */
    int code;
    if (argc > 0)
        argv[0] = who;
    for (int option; (option = getopt_long(argc, argv, "+hc:", options, NULL)) != -1;) {
        if (!take_common(option, &invocation, NULL, &code))
            return usage_hint(NULL);
        if (code >= 0)
            return code;
    }
    if (optind == argc) {
        usage_print(stderr, NULL);
        return EXIT_USAGE;
    }
    if (volley_global_init() < 0) {
        fprintf(stderr, "lambda-warmd: libcurl does not start\n");
        return EXIT_FAULT;
    }
    invocation.argc = argc - optind;
    invocation.argv = argv + optind;
    invocation.command = argv[optind];
    return dispatch(&invocation);
}

/* Prevents core files, whatever ends the process (the watchdog's SIGABRT too), because there are secrets in
 * memory. Not with the address sanitizer: its leak detection needs what this forbids. */
static void forbid_core_files(void)
{
#if !defined(__SANITIZE_ADDRESS__)
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

int main(int argc, char **argv)
{
    forbid_core_files();
    streams_hold();
    trace_open();
    signal(SIGPIPE, SIG_IGN);
    return streams_finish(run_command(argc, argv));
}
