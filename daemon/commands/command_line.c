#include "commands/command_line.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/duration.h"
#include "config/preset.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

enum {
    OPTIONS_MAX = 24,  /* of one command, common ones and headings included */
    LONG_OPTION = 256, /* plus its place: what getopt_long returns for one; below are letters */
    GO_ON = -1,        /* instead of an exit code */
};

static void *field_of(struct arguments *arguments, const struct option_row *option)
{
    return (char *)arguments + option->offset;
}

static bool take_flag(struct arguments *arguments, const struct option_row *option, const char *text)
{
    (void)text;
    *(bool *)field_of(arguments, option) = true;
    return true;
}

static bool take_text(struct arguments *arguments, const struct option_row *option, const char *text)
{
    *(const char **)field_of(arguments, option) = text;
    return true;
}

/* One more; there is room for all of argv. */
static bool take_one_more(struct arguments *arguments, const struct option_row *option, const char *text)
{
    struct text_list *list = field_of(arguments, option);
    list->items[list->n++] = text;
    return true;
}

static bool take_number(struct arguments *arguments, const struct option_row *option, const char *text)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' || number < 1 || number > PLAN_WARM_MAX) {
        fprintf(stderr, "lambda-warmd %s: -%c takes a number from 1 to %d, not '%s'\n",
                command_rows[arguments->command].name, option->letter, PLAN_WARM_MAX, text);
        return false;
    }
    *(uint32_t *)field_of(arguments, option) = (uint32_t)number;
    return true;
}

static bool take_duration(struct arguments *arguments, const struct option_row *option, const char *text)
{
    uint64_t us;
    if (duration_parse(text, &us) < 0 || us < option->least || us > 900 * US_PER_S) {
        fprintf(stderr, "lambda-warmd %s: --%s takes a duration such as 75ms or 2s, up to 15min, not '%s'\n",
                command_rows[arguments->command].name, option->name, text);
        return false;
    }
    *(uint64_t *)field_of(arguments, option) = us;
    return true;
}

static bool take_http_version(struct arguments *arguments, const struct option_row *option, const char *text)
{
    for (enum http_version version = HTTP_VERSION_AUTO; version <= HTTP_VERSION_2; version++)
        if (strcmp(text, http_version_names[version]) == 0) {
            *(enum http_version *)field_of(arguments, option) = version;
            return true;
        }
    fprintf(stderr, "lambda-warmd %s: --%s takes auto, 1.1 or 2, not '%s'\n",
            command_rows[arguments->command].name, option->name, text);
    return false;
}

/* Of the command so far; of the program if there is none yet. */
static bool take_help(struct arguments *arguments, const struct option_row *option, const char *text)
{
    (void)option, (void)text;
    if (arguments->command < COMMANDS)
        arguments->topic = command_rows[arguments->command].name;
    arguments->command = COMMAND_HELP;
    return true;
}

static bool take_version(struct arguments *arguments, const struct option_row *option, const char *text)
{
    (void)option, (void)text;
    arguments->command = COMMAND_VERSION;
    return true;
}

#define FIELD(field) offsetof(struct arguments, field)
#define DIR_OPTION                                                                                           \
    {                                                                                                        \
        "dir", 0, "DIR", "the daemon's runtime folder ($RUNTIME_DIRECTORY, or\n/run/lambda-warmd)",          \
            take_text, FIELD(folder), 0                                                                      \
    }

const struct option_row common_options[COMMON_OPTIONS] = {
    {"config", 'c', "FILE",
     "the configuration, with conf.d/*.conf beside it; by default\n" WARMD_SYSCONFDIR
     "/lambda-warmd/lambda-warmd.conf",
     take_text, FIELD(config_path), 0},
    {"help", 'h', NULL, "this text, or the help for a command", take_help, 0, 0},
    {"version", 0, NULL, "versions of the program and its libraries", take_version, 0, 0},
};

static const struct option_row reload_options[] = {DIR_OPTION};

static const struct option_row status_options[] = {
    {"json", 0, NULL, "one JSON object on stdout", take_flag, FIELD(json), 0},
    {"check", 0, NULL,
     "exit status 1 if an endpoint is failing or short, or the\n"
     "configuration was rejected; for monitoring and readiness",
     take_flag, FIELD(check), 0},
    DIR_OPTION,
};

static const struct option_row check_options[] = {
    {"online", 0, NULL,
     "also asks AWS whether each function may be invoked (a DryRun:\n"
     "nothing runs). Exit status 77 if a permission or credentials\n"
     "are missing, 69 if AWS can't be reached",
     take_flag, FIELD(online), 0},
};

static const struct option_row plan_options[] = {
    {"json", 0, NULL, "one JSON object on stdout", take_flag, FIELD(json), 0},
};

static const struct option_row once_options[] = {
    {"json", 0, NULL, "one JSON object on stdout, with every request", take_flag, FIELD(json), 0},
    {"distinct", 0, NULL,
     "a target counts as met only if its instances are proven\ndistinct; for deploy pipelines", take_flag,
     FIELD(distinct), 0},
};

static const struct option_row probe_options[] = {
    {NULL, 'n', "N", "how many requests (10)", take_number, FIELD(probe.n), 0},
    {"header", 'H', "'Name: value'", "a header; may be repeated", take_one_more, FIELD(probe.headers), 0},
    {"request", 'X', "METHOD", "the method (GET, or POST with -d)", take_text, FIELD(probe.method), 0},
    {"data", 'd', "BODY", "the body", take_text, FIELD(probe.body), 0},
    {"hold", 0, "DURATION", "how long the handler is asked to stay busy (75ms)", take_duration,
     FIELD(probe.hold_us), 0},
    {"timeout", 0, "DURATION", "from the release to the end of an answer (30s)", take_duration,
     FIELD(probe.timeout_us), US_PER_MS},
    {"connect-timeout", 0, "DURATION", "time to open every connection (10s)", take_duration,
     FIELD(probe.connect_timeout_us), US_PER_MS},
    {"http", 0, "auto|1.1|2", "HTTP version (auto: the server chooses)", take_http_version,
     FIELD(probe.http_version), 0},
    {"cacert", 0, "FILE", "trust anchors (PEM), instead of the system's", take_text, FIELD(probe.ca_file), 0},
    {"json", 0, NULL, "one JSON object on stdout", take_flag, FIELD(json), 0},
    {NULL, 0, NULL, "FUNCTION is a name or an ARN, called through the Invoke API:", NULL, 0, 0},
    {"region", 0, "REGION", "if not in the ARN, AWS_REGION or the profile", take_text, FIELD(probe.region),
     0},
    {"qualifier", 0, "QUALIFIER", "an alias or a version", take_text, FIELD(probe.qualifier), 0},
    {"profile", 0, "PROFILE", "profile in the AWS files to sign with", take_text, FIELD(probe.profile), 0},
    {"endpoint-url", 0, "URL", "another host of the Invoke API", take_text, FIELD(probe.endpoint_url), 0},
};

static const struct option_row report_options[] = {
    {"since", 'S', "TIME",
     "from then on: yesterday, -6h, '2026-11-24 03:10', as in\nsystemd.time(7); by default from the first "
     "entry on",
     take_text, FIELD(report.since), 0},
    {"until", 'U', "TIME", "until then; by default now, or for files their last entry", take_text,
     FIELD(report.until), 0},
    {"endpoint", 0, "NAME", "only this one; may be repeated", take_one_more, FIELD(report.endpoints), 0},
    {"json", 0, NULL, "one JSON object on stdout", take_flag, FIELD(json), 0},
    {"oneline", 0, NULL, "one line on stdout", take_flag, FIELD(report.oneline), 0},
    {"html", 0, "FILE", "writes a page for a browser: one file with all its data;\n- is stdout", take_text,
     FIELD(report.html), 0},
    {NULL, 0, NULL, "instead of the journal of the running system:", NULL, 0, 0},
    {"file", 0, "GLOB", "these journal files; may be repeated", take_one_more, FIELD(report.files), 0},
    {"directory", 'D', "DIR",
     "the journal files in this folder, and in the folders of\nmachines in it; may be repeated",
     take_one_more, FIELD(report.folders), 0},
    {"merge", 'm', NULL, "those of all machines in this system's journal folder", take_flag,
     FIELD(report.merge), 0},
};
_Static_assert(COUNT_OF(probe_options) + COMMON_OPTIONS < OPTIONS_MAX, "OPTIONS_MAX is too small");

#define OPTIONS(rows) .options = (rows), .n_options = COUNT_OF(rows)

const struct command_row command_rows[COMMANDS] = {
    [COMMAND_RUN] = {.name = "run",
                     .summary = "the daemon, in the foreground (systemd does the rest)",
                     .synopsis = "[-c FILE] run",
                     .text = "The daemon, in the foreground. It reports its rounds to the journal, or to\n"
                             "stderr if there is no journal.\n"
                             "\n"
                             "  SIGHUP           reads the configuration again; a bad one has no effect\n"
                             "  SIGUSR1          starts a round of every endpoint now\n"
                             "  SIGTERM, SIGINT  stops: rounds in flight get their timeout, at most 5 s\n"},
    [COMMAND_RELOAD] =
        {.name = "reload",
         .summary = "makes the running daemon read its configuration, and waits",
         .synopsis = "reload [--dir DIR]",
         .text = "Asks the running daemon to read its configuration again, waits, and prints the\n"
                 "result. Exit status 0 only if it is in force; 78 if it has mistakes: the daemon\n"
                 "then keeps the previous one; 69 if no daemon is running or none answers.\n",
         OPTIONS(reload_options)},
    [COMMAND_STATUS] = {.name = "status",
                        .summary = "what the running daemon reports about each endpoint",
                        .synopsis = "status [--json] [--check] [--dir DIR]",
                        .text =
                            "What the running daemon reports about each endpoint: target, warm instances,\n"
                            "state, last and next round, interval, hold, and this month's cost. Exit status\n"
                            "69 if no daemon is running.\n",
                        OPTIONS(status_options)},
    [COMMAND_CHECK] = {.name = "check",
                       .summary = "reads the configuration and reports every mistake",
                       .synopsis = "[-c FILE] check [--online]",
                       .text =
                           "Reads the configuration and conf.d/*.conf beside it, and reports every mistake\n"
                           "as FILE:LINE: message on stderr. Exit status 0 if it is valid, 78 if not.\n",
                       OPTIONS(check_options)},
    [COMMAND_PLAN] = {.name = "plan",
                      .summary = "what will be sent, and what it will cost a month",
                      .synopsis = "[-c FILE] plan [--json]",
                      .text = "What the daemon would send if it started now: each endpoint's next rounds\n"
                              "(without jitter), its requests and costs in a month of 30 days, the price of\n"
                              "provisioned concurrency for the same instances, and advice.\n",
                      OPTIONS(plan_options)},
    [COMMAND_ONCE] = {.name = "once",
                      .operand = "[NAME…]",
                      .summary = "one round now for all endpoints, or for the named ones",
                      .synopsis = "[-c FILE] once [--json] [--distinct] [NAME…]",
                      .text = "One round now for all enabled endpoints, or for the named ones. Exit\n"
                              "status 0 only if every target was met.\n",
                      .operands_most = ANY_OPERANDS,
                      OPTIONS(once_options)},
    [COMMAND_PROBE] = {.name = "probe",
                       .operand = "TARGET",
                       .summary = "one volley at a URL or function, without a configuration",
                       .synopsis = "probe URL|FUNCTION [-n N] [OPTION…]",
                       .text =
                           "Releases N requests at one instant, and reports how many instances\n"
                           "answered, how many were cold, and how long it took. Exit status 0 if every\n"
                           "answer was 2xx and, if the answers name their instances, N of them answered.\n",
                       .operands_most = ANY_OPERANDS,
                       OPTIONS(probe_options)},
    [COMMAND_REPORT] =
        {.name = "report",
         .summary = "what the journal says about a period: warm, cold, cost",
         .synopsis = "report [--since TIME] [--until TIME] [OPTION…]",
         .text = "Reads the journal, and shows for a period how warm each endpoint was: rounds,\n"
                 "gaps, cold starts, latencies, skew, cost and events. Exit status 66 if there is\n"
                 "no such file or folder, 77 if none may be read, and 69 if none is a journal or\n"
                 "the journal has no such endpoint.\n",
         OPTIONS(report_options)},
    [COMMAND_HELP] = {.name = "help",
                      .operand = "[COMMAND]",
                      .summary = "this text, or the help for a command",
                      .synopsis = "help [COMMAND]\n       lambda-warmd help config\n"
                                  "       lambda-warmd [-c FILE] help endpoints",
                      .text = "The help for a command; or every key in the configuration with its values,\n"
                              "bounds and default, one per line; or the names of the endpoints in the\n"
                              "configuration, one per line, even if it has mistakes.\n",
                      .operands_most = 1},
};

const struct command_row *command_named(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(command_rows[i].name, name) == 0)
            return &command_rows[i];
    return NULL;
}

int command_line_hint(const char *command)
{
    fprintf(stderr, "Try 'lambda-warmd %s%s--help'.\n", command ? command : "", command ? " " : "");
    return EXIT_USAGE;
}

/* The options that are known at one place of the command line. */
struct known {
    const struct option_row *rows[OPTIONS_MAX];
    struct option names[OPTIONS_MAX + 1];
    char letters[2 * OPTIONS_MAX + 2];
    size_t n, n_names, n_letters;
};

static void add_known(struct known *known, const struct option_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct option_row *row = &rows[i];
        if (row->name)
            known->names[known->n_names++] = (struct option){
                row->name, row->value ? required_argument : no_argument, NULL, LONG_OPTION + (int)known->n};
        if (row->letter) {
            known->letters[known->n_letters++] = row->letter;
            if (row->value)
                known->letters[known->n_letters++] = ':';
        }
        known->rows[known->n++] = row;
    }
}

/* NULL: it isn't known, as getopt has said. */
static const struct option_row *option_of(const struct known *known, int value)
{
    if (value >= LONG_OPTION)
        return known->rows[value - LONG_OPTION];
    for (size_t i = 0; i < known->n; i++)
        if (known->rows[i]->letter == value)
            return known->rows[i];
    return NULL;
}

/* Takes the options of COMMAND, or those before it for NULL. GO_ON with optind at the operands, or an exit
 * code: EXIT_DONE for --help and --version, after which nothing else counts. */
static int take_options(int argc, char **argv, const struct command_row *command, struct arguments *arguments)
{
    struct known known = {0};
    if (!command)
        known.letters[known.n_letters++] = '+'; /* the first operand ends them */
    add_known(&known, common_options, COMMON_OPTIONS);
    if (command)
        add_known(&known, command->options, command->n_options);
    for (int value; (value = getopt_long(argc, argv, known.letters, known.names, NULL)) != -1;) {
        const struct option_row *option = option_of(&known, value);
        if (!option)
            return command_line_hint(command ? command->name : NULL);
        if (!option->take(arguments, option, optarg))
            return EXIT_USAGE;
        if (option->take == take_help || option->take == take_version)
            return EXIT_DONE;
    }
    return GO_ON;
}

static int take_operands(int argc, char **argv, const struct command_row *command,
                         struct arguments *arguments)
{
    arguments->operands = argv + optind;
    arguments->n_operands = argc - optind;
    if (arguments->command == COMMAND_PROBE && arguments->n_operands != 1) {
        fprintf(stderr, "lambda-warmd probe: exactly one URL or function is expected\n");
        return command_line_hint("probe");
    }
    if (arguments->command == COMMAND_PROBE)
        arguments->probe.target = arguments->operands[0];
    if (arguments->command == COMMAND_HELP && arguments->n_operands > 0)
        arguments->topic = arguments->operands[0];
    if (arguments->n_operands <= command->operands_most)
        return EXIT_DONE;
    const char *operand = arguments->operands[command->operands_most];
    bool is_path = strchr(operand, '/') || strstr(operand, ".conf") || access(operand, F_OK) == 0;
    fprintf(stderr, "lambda-warmd %s: '%s' is not expected here", command->name, operand);
    if (is_path)
        fprintf(stderr, " (did you mean %s %s?)", arguments->command == COMMAND_REPORT ? "--file" : "-c",
                operand);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

/* ARGV begins with the command. */
static int take_command(int argc, char **argv, struct arguments *arguments)
{
    static char who[64]; /* the name in getopt's complaints */
    const struct command_row *command = command_named(argv[0]);
    if (!command) {
        fprintf(stderr, "lambda-warmd: there is no command '%s'\n", argv[0]);
        return command_line_hint(NULL);
    }
    arguments->command = (enum command)(command - command_rows);
    snprintf(who, sizeof who, "lambda-warmd %s", command->name);
    argv[0] = who;
    optind = 0; /* starts over after the command */
    int code = take_options(argc, argv, command, arguments);
    return code == GO_ON ? take_operands(argc, argv, command, arguments) : code;
}

#define TEXT_LISTS(arguments)                                                                                \
    {                                                                                                        \
        &(arguments)->probe.headers, &(arguments)->report.endpoints, &(arguments)->report.files,             \
            &(arguments)->report.folders                                                                     \
    }

int command_line_read(int argc, char **argv, struct arguments *arguments)
{
    static char who[] = "lambda-warmd";
    const struct endpoint preset = endpoint_preset();
    *arguments = (struct arguments){.command = COMMAND_NONE,
                                    .config_path = WARMD_SYSCONFDIR "/lambda-warmd/lambda-warmd.conf",
                                    .probe = {.n = 10, /* as the help of -n says */
                                              .hold_us = preset.hold_us,
                                              .timeout_us = preset.timeout_us,
                                              .connect_timeout_us = preset.connect_timeout_us}};
    struct text_list *const lists[] = TEXT_LISTS(arguments);
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        lists[i]->items = calloc((size_t)argc + 1, sizeof *lists[i]->items);
        if (!lists[i]->items)
            return EXIT_FAULT;
    }
    if (argc > 0)
        argv[0] = who;
    int code = take_options(argc, argv, NULL, arguments);
    if (code != GO_ON)
        return code;
    return optind < argc ? take_command(argc - optind, argv + optind, arguments) : EXIT_DONE;
}

void command_line_free(struct arguments *arguments)
{
    struct text_list *const lists[] = TEXT_LISTS(arguments);
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        free(lists[i]->items);
        *lists[i] = (struct text_list){0};
    }
}
