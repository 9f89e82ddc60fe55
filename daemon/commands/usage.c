#include "commands/usage.h"

#include "base/cleanup.h"
#include "commands/exit_codes.h"
#include "commands/help_config.h"
#include "net/tls.h"

#include <string.h>

/* Every text fits 80 columns. */
static const char overview[] =
    "usage: lambda-warmd [-c FILE] COMMAND [OPTION…]\n"
    "\n"
    "Keeps AWS Lambda functions warm: releases N requests at one instant, so that N\n"
    "instances answer, and reports how many did.\n"
    "\n"
    "  run              the daemon, in the foreground (systemd does the rest)\n"
    "  reload           makes the running daemon read its configuration, and waits\n"
    "  status           what the running daemon reports about each endpoint\n"
    "  check            reads the configuration and reports every mistake\n"
    "  plan             what will be sent, and what it will cost a month\n"
    "  once [NAME…]     one round now for all endpoints, or for the named ones\n"
    "  probe TARGET     one volley at a URL or function, without a configuration\n"
    "  help [COMMAND]   this text, or the help for a command\n"
    "  help config      every key in the configuration\n"
    "\n"
    "  -c, --config FILE  the configuration, with conf.d/*.conf beside it; by default\n"
    "                     " WARMD_SYSCONFDIR "/lambda-warmd/lambda-warmd.conf\n"
    "  -h, --help         this text, or the help for a command\n"
    "      --version      versions of the program and its libraries\n"
    "\n"
    "exit status: 0 done · 1 a target was not met · 64 usage · 66 no such file ·\n"
    "             69 unavailable · 70 internal · 77 permission · 78 configuration\n";

static const struct {
    const char *command;
    const char *text;
} texts[] = {
    {"run", "usage: lambda-warmd [-c FILE] run\n"
            "\n"
            "The daemon, in the foreground. It reports its rounds to the journal, or to\n"
            "stderr if there is no journal.\n"
            "\n"
            "  SIGHUP           reads the configuration again; a bad one has no effect\n"
            "  SIGUSR1          starts a round of every endpoint now\n"
            "  SIGTERM, SIGINT  stops: rounds in flight get their timeout, at most 5 s\n"},
    {"reload", "usage: lambda-warmd reload [--dir DIR]\n"
               "\n"
               "Asks the running daemon to read its configuration again, waits, and prints the\n"
               "result. Exit status 0 only if it is in force; 78 if it has mistakes: the daemon\n"
               "then keeps the previous one; 69 if no daemon is running or none answers.\n"
               "\n"
               "      --dir DIR  the daemon's runtime folder ($RUNTIME_DIRECTORY, or\n"
               "                 /run/lambda-warmd)\n"},
    {"status", "usage: lambda-warmd status [--json] [--check] [--dir DIR]\n"
               "\n"
               "What the running daemon reports about each endpoint: target, warm instances,\n"
               "state, last and next round, interval, hold, and this month's cost. Exit status\n"
               "69 if no daemon is running.\n"
               "\n"
               "      --json     one JSON object on stdout\n"
               "      --check    exit status 1 if an endpoint is failing or short, or the\n"
               "                 configuration was rejected; for monitoring and readiness\n"
               "      --dir DIR  the daemon's runtime folder ($RUNTIME_DIRECTORY, or\n"
               "                 /run/lambda-warmd)\n"},
    {"check", "usage: lambda-warmd [-c FILE] check [--online]\n"
              "\n"
              "Reads the configuration and conf.d/*.conf beside it, and reports every mistake\n"
              "as FILE:LINE: message on stderr. Exit status 0 if it is valid, 78 if not.\n"
              "\n"
              "      --online  also asks AWS whether each function may be invoked (a DryRun:\n"
              "                nothing runs). Exit status 77 if a permission or credentials\n"
              "                are missing, 69 if AWS can't be reached\n"},
    {"plan", "usage: lambda-warmd [-c FILE] plan [--json]\n"
             "\n"
             "What the daemon would send if it started now: each endpoint's next rounds\n"
             "(without jitter), its requests and costs in a month of 30 days, the price of\n"
             "provisioned concurrency for the same instances, and advice.\n"
             "\n"
             "      --json  one JSON object on stdout\n"},
    {"once", "usage: lambda-warmd [-c FILE] once [--json] [--distinct] [NAME…]\n"
             "\n"
             "One round now for all enabled endpoints, or for the named ones. Exit\n"
             "status 0 only if every target was met.\n"
             "\n"
             "      --json      one JSON object on stdout, with every request\n"
             "      --distinct  a target counts as met only if its instances are proven\n"
             "                  distinct; for deploy pipelines\n"},
    {"probe", "usage: lambda-warmd probe URL|FUNCTION [-n N] [OPTION…]\n"
              "\n"
              "Releases N requests at one instant, and reports how many instances\n"
              "answered, how many were cold, and how long it took. Exit status 0 if every\n"
              "answer was 2xx and, if the answers name their instances, N of them answered.\n"
              "\n"
              "  -n N                        how many requests (10)\n"
              "  -H, --header 'Name: value'  a header; may be repeated\n"
              "  -X, --request METHOD        the method (GET, or POST with -d)\n"
              "  -d, --data BODY             the body\n"
              "      --hold DURATION         how long the handler is asked to stay busy (75ms)\n"
              "      --timeout DURATION      from the release to the end of an answer (30s)\n"
              "      --connect-timeout DURATION\n"
              "                              time to open every connection (10s)\n"
              "      --http auto|1.1|2       HTTP version (auto: the server chooses)\n"
              "      --cacert FILE           trust anchors (PEM), instead of the system's\n"
              "      --json                  one JSON object on stdout\n"
              "\n"
              "FUNCTION is a name or an ARN, called through the Invoke API:\n"
              "      --region REGION         if not in the ARN, AWS_REGION or the profile\n"
              "      --qualifier QUALIFIER   an alias or a version\n"
              "      --profile PROFILE       profile in the AWS files to sign with\n"
              "      --endpoint-url URL      another host of the Invoke API\n"},
    {"help", "usage: lambda-warmd help [COMMAND]\n"
             "       lambda-warmd help config\n"
             "\n"
             "The help for a command; or every key in the configuration with its values,\n"
             "bounds and default, one per line.\n"},
};

static const char *text_of(const char *command)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (strcmp(texts[i].command, command) == 0)
            return texts[i].text;
    return NULL;
}

int usage_print(FILE *out, const char *command)
{
    const char *text = command ? text_of(command) : NULL;
    fputs(text ? text : overview, out);
    return EXIT_DONE;
}

int usage_help(const char *topic)
{
    if (topic && strcmp(topic, "config") == 0) {
        help_config_print(stdout);
        return EXIT_DONE;
    }
    if (!topic || text_of(topic))
        return usage_print(stdout, topic);
    fprintf(stderr, "lambda-warmd help: there is no command '%s'\n", topic);
    return usage_hint(NULL);
}

int usage_hint(const char *command)
{
    fprintf(stderr, "Try 'lambda-warmd %s%s--help'.\n", command ? command : "", command ? " " : "");
    return EXIT_USAGE;
}

int usage_version(void)
{
    char libraries[320];
    tls_library_versions(libraries, sizeof libraries);
    printf("lambda-warmd " WARMD_VERSION "\n%s\n", libraries);
    return EXIT_DONE;
}
