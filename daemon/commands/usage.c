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
    "instances answer, and says how many did.\n"
    "\n"
    "  run              the daemon, in the foreground (systemd does the rest)\n"
    "  reload           has the running daemon read its configuration, and waits\n"
    "  status           what the running daemon says of each endpoint\n"
    "  check            reads the configuration and reports every mistake\n"
    "  plan             what will be sent, and what it costs a month\n"
    "  once [NAME…]     one round now, of all endpoints or the named ones\n"
    "  probe TARGET     the experiment without a configuration\n"
    "  help [COMMAND]   this text, or that of a command\n"
    "  help config      every key of the configuration\n"
    "\n"
    "  -c, --config FILE  the configuration, with conf.d/*.conf beside it; by default\n"
    "                     " WARMD_SYSCONFDIR "/lambda-warmd/lambda-warmd.conf\n"
    "  -h, --help         this text, or that of a command\n"
    "      --version      versions of the program and its libraries\n"
    "\n"
    "exit status: 0 done · 1 a target was not met · 64 usage · 66 no such file ·\n"
    "             69 unavailable · 70 own fault · 77 permission · 78 configuration\n";

static const struct {
    const char *command;
    const char *text;
} texts[] = {
    {"run", "usage: lambda-warmd [-c FILE] run\n"
            "\n"
            "The daemon, in the foreground. It reports its rounds to the journal, or to\n"
            "stderr where there is none.\n"
            "\n"
            "  SIGHUP           reads the configuration again; a bad one changes nothing\n"
            "  SIGUSR1          a round of everything now\n"
            "  SIGTERM, SIGINT  stops: rounds in flight get their timeout, at most 5 s\n"},
    {"reload", "usage: lambda-warmd reload [--dir DIR]\n"
               "\n"
               "Asks the running daemon to read its configuration again, waits, and prints what\n"
               "became of it. Exit status 0 only if it is in force; 78 if it has mistakes: then\n"
               "the daemon goes on with the one before. 69 if no daemon runs or answers.\n"
               "\n"
               "      --dir DIR  the daemon's runtime folder ($RUNTIME_DIRECTORY, or\n"
               "                 /run/lambda-warmd)\n"},
    {"status", "usage: lambda-warmd status [--json] [--check] [--dir DIR]\n"
               "\n"
               "What the running daemon says of each endpoint: target, warm instances, state,\n"
               "last and next round, interval, hold, and the cost of the month. Exit status 69\n"
               "if no daemon runs.\n"
               "\n"
               "      --json     one JSON object on stdout\n"
               "      --check    exit status 1 if an endpoint is failing or short, or the\n"
               "                 configuration was rejected; for monitoring and readiness\n"
               "      --dir DIR  the daemon's runtime folder ($RUNTIME_DIRECTORY, or\n"
               "                 /run/lambda-warmd)\n"},
    {"check", "usage: lambda-warmd [-c FILE] check [--online]\n"
              "\n"
              "Reads the configuration and conf.d/*.conf beside it, and reports every mistake\n"
              "as FILE:LINE: message on stderr. Exit status 0 if it can be run, 78 if not.\n"
              "\n"
              "      --online  asks AWS as well whether each function may be invoked (a\n"
              "                DryRun: nothing runs). Exit status 77 where a permission or\n"
              "                credentials are missing, 69 where AWS can't be asked\n"},
    {"plan", "usage: lambda-warmd [-c FILE] plan [--json]\n"
             "\n"
             "What a daemon that is started now would send: each endpoint's next rounds\n"
             "(without their jitter), and its requests and costs in a month of 30 days beside\n"
             "provisioned concurrency for the same instances, with advice.\n"
             "\n"
             "      --json  one JSON object on stdout\n"},
    {"once", "usage: lambda-warmd [-c FILE] once [--json] [--distinct] [NAME…]\n"
             "\n"
             "One round now, of all enabled endpoints or the named ones. Exit status 0 only\n"
             "if every target was met.\n"
             "\n"
             "      --json      one JSON object on stdout, with every request\n"
             "      --distinct  a target counts as met only if its instances are proven\n"
             "                  distinct; for deploy pipelines\n"},
    {"probe", "usage: lambda-warmd probe URL|FUNCTION [-n N] [OPTION…]\n"
              "\n"
              "Sends N requests that are released at one instant, and says how many instances\n"
              "answered, how many were cold, and how long it took. Exit status 0 if all were\n"
              "answered with 2xx and, where the answers name their instances, by N of them.\n"
              "\n"
              "  -n N                        how many (10)\n"
              "  -H, --header 'Name: value'  a header, as often as needed\n"
              "  -X, --request METHOD        the method (GET, or POST with -d)\n"
              "  -d, --data BODY             the body\n"
              "      --hold DURATION         how long the handler is asked to stay busy (75ms)\n"
              "      --timeout DURATION      from the release to the end of an answer (30s)\n"
              "      --connect-timeout DURATION\n"
              "                              to have every connection ready (10s)\n"
              "      --http auto|1.1|2       the version of HTTP (auto: the server's choice)\n"
              "      --cacert FILE           trust anchors (PEM), instead of the system's\n"
              "      --json                  one JSON object on stdout\n"
              "\n"
              "FUNCTION is a name or an ARN, called through the Invoke API:\n"
              "      --region REGION         if the ARN, AWS_REGION or the profile don't say it\n"
              "      --qualifier QUALIFIER   an alias or a version\n"
              "      --profile PROFILE       of the AWS files, to sign with\n"
              "      --endpoint-url URL      another host of the Invoke API\n"},
    {"help", "usage: lambda-warmd help [COMMAND]\n"
             "       lambda-warmd help config\n"
             "\n"
             "The usage of a command; or every key of the configuration with its values,\n"
             "bounds and default, one a line.\n"},
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
