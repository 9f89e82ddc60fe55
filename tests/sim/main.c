#include "server.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sysexits.h>

static const char usage[] =
    "usage: lambda-sim [OPTION…]\n"
    "\n"
    "Behaves as API Gateway and Lambda do: one request binds one instance; an idle one is re-used, last in "
    "first out; a\n"
    "missing one is born with a cold start; idle ones die. Each path is a function of its own.\n"
    "\n"
    "  --port P            port to listen on; 0 takes any, and says which (0)\n"
    "  --bind ADDR         numeric address to listen on (127.0.0.1)\n"
    "  --tls-cert FILE     certificate chain and\n"
    "  --tls-key FILE      its key (PEM): --port speaks TLS, HTTP/2 and HTTP/1.1 by ALPN\n"
    "  --client-ca FILE    over TLS, demand a certificate by these authorities (PEM)\n"
    "  --plain-port P      plain http on a port of its own, beside TLS\n"
    "  --no-h2             offer HTTP/1.1 only\n"
    "  --goaway-first N    sends the first N HTTP/2 connections away (GOAWAY) at once\n"
    "  --h2-streams N      HTTP/2's MAX_CONCURRENT_STREAMS (128); --max-streams is the same\n"
    "  --cold MS           duration of a cold start (200)\n"
    "  --handler MS        least time that a handler is busy (0)\n"
    "  --no-hold           do not honour X-Lambda-Warm-Hold, which else keeps a handler busy for longer\n"
    "  --idle-ttl S        an instance that is idle for longer dies (300)\n"
    "  --max-age S         an instance of this age dies, when it is not busy (never)\n"
    "  --max-instances N   of each function; a request for one more is answered 429 (no limit)\n"
    "  --fail-rate P       share of requests that are answered 500, from 0 to 1 (0)\n"
    "  --seed N            of the choice of these, which is the same in each run (1)\n"
    "  --no-identity       a handler that knows nothing: never names instances, honours no hold\n"
    "  --volley-gap MS     arrivals for a function that are further apart are of different volleys (500)\n"
    "  --record FILE       append each request to FILE, which is made for the owner only, as a line of "
    "JSON;\n"
    "                      each character of it is a byte of the wire\n"
    "  --lifetime S        end after this time (at SIGTERM or SIGINT)\n"
    "  --help              show this\n"
    "  --version           show the version\n"
    "\n"
    "Numbers of MS and S may have fractions. A line on stdout says for each port when it is listened on.\n"
    "\n"
    "Pages, which bind no instance and count for nothing:\n"
    "  GET /_sim/stats             counters, and the last volleys by the kernel's receive stamps, as JSON\n"
    "  POST /_sim/reset            forget instances and counters\n"
    "  GET /_sim/requests?last=N   the last N (100) bound requests as they came\n"
    "  /_sim/echo                  this request as it came\n"
    "On every other path, ?status=N, ?location=URL and ?age=S shape the answer; ?rst=CODE and ?goaway=CODE "
    "end the HTTP/2\n"
    "stream or connection with this error instead.\n";

enum {
    PORT = 256,
    BIND,
    CERT,
    KEY,
    CLIENT_CA,
    PLAIN_PORT,
    NO_H2,
    STREAMS,
    GOAWAY_FIRST,
    COLD,
    HANDLER,
    NO_HOLD,
    IDLE_TTL,
    MAX_AGE,
    MAX_INSTANCES,
    FAIL_RATE,
    SEED,
    NO_IDENTITY,
    GAP,
    RECORD,
    LIFETIME,
    HELP,
    SHOW_VERSION,
};

static const struct option options[] = {{"port", required_argument, NULL, PORT},
                                        {"bind", required_argument, NULL, BIND},
                                        {"tls-cert", required_argument, NULL, CERT},
                                        {"tls-key", required_argument, NULL, KEY},
                                        {"client-ca", required_argument, NULL, CLIENT_CA},
                                        {"plain-port", required_argument, NULL, PLAIN_PORT},
                                        {"no-h2", no_argument, NULL, NO_H2},
                                        {"h2-streams", required_argument, NULL, STREAMS},
                                        {"max-streams", required_argument, NULL, STREAMS},
                                        {"goaway-first", required_argument, NULL, GOAWAY_FIRST},
                                        {"cold", required_argument, NULL, COLD},
                                        {"handler", required_argument, NULL, HANDLER},
                                        {"no-hold", no_argument, NULL, NO_HOLD},
                                        {"idle-ttl", required_argument, NULL, IDLE_TTL},
                                        {"max-age", required_argument, NULL, MAX_AGE},
                                        {"max-instances", required_argument, NULL, MAX_INSTANCES},
                                        {"fail-rate", required_argument, NULL, FAIL_RATE},
                                        {"seed", required_argument, NULL, SEED},
                                        {"no-identity", no_argument, NULL, NO_IDENTITY},
                                        {"volley-gap", required_argument, NULL, GAP},
                                        {"record", required_argument, NULL, RECORD},
                                        {"lifetime", required_argument, NULL, LIFETIME},
                                        {"help", no_argument, NULL, HELP},
                                        {"version", no_argument, NULL, SHOW_VERSION},
                                        {0}};

/* The option's number, within LEAST and MOST; else the program ends. */
static double number(double least, double most)
{
    char *end;
    double value = strtod(optarg, &end);
    if (end != optarg && *end == '\0' && isfinite(value) && value >= least && value <= most)
        return value;
    fprintf(stderr, "lambda-sim: '%s' is not a number from %g to %g\n", optarg, least, most);
    exit(EX_USAGE);
}

static uint64_t whole_number(double least, double most)
{
    double value = number(least, most);
    if (value == (double)(uint64_t)value)
        return (uint64_t)value;
    fprintf(stderr, "lambda-sim: '%s' is not a whole number\n", optarg);
    exit(EX_USAGE);
}

/* The option's number of UNIT_NS. */
static uint64_t duration_ns(uint64_t unit_ns)
{
    return (uint64_t)(number(0, 1e7) * (double)unit_ns);
}

static void show(const char *text)
{
    fputs(text, stdout);
    exit(EX_OK);
}

/* False: not one of the model's. */
static bool take_of_lambda(int option, struct lambda_options *lambda)
{
    switch (option) {
    case COLD:
        lambda->cold_ns = duration_ns(NS_PER_MS);
        return true;
    case HANDLER:
        lambda->handler_ns = duration_ns(NS_PER_MS);
        return true;
    case IDLE_TTL:
        lambda->idle_ttl_ns = duration_ns(NS_PER_S);
        return true;
    case MAX_AGE:
        lambda->max_age_ns = duration_ns(NS_PER_S);
        return true;
    case MAX_INSTANCES:
        lambda->max_instances = whole_number(0, 1e9);
        return true;
    case FAIL_RATE:
        lambda->fail_rate = number(0, 1);
        return true;
    case SEED:
        lambda->seed = whole_number(0, 1e15);
        return true;
    case GAP:
        lambda->volley_gap_ns = duration_ns(NS_PER_MS);
        return true;
    default:
        return false;
    }
}

static void take(int option, struct server_options *server)
{
    switch (option) {
    case PORT:
        server->port = (int)whole_number(0, 65535);
        break;
    case BIND:
        server->bind_address = optarg;
        break;
    case CERT:
        server->tls.certificate = optarg;
        break;
    case KEY:
        server->tls.key = optarg;
        break;
    case CLIENT_CA:
        server->tls.client_ca = optarg;
        break;
    case PLAIN_PORT:
        server->plain_port = (int)whole_number(0, 65535);
        break;
    case NO_H2:
        server->tls.with_h2 = false;
        break;
    case GOAWAY_FIRST:
        server->goaway_first = (unsigned)whole_number(0, 1e6);
        break;
    case STREAMS:
        server->max_streams = (unsigned)whole_number(1, 1e6);
        break;
    case NO_HOLD:
        server->honours_hold = false;
        break;
    case NO_IDENTITY:
        server->with_identity = server->honours_hold = false;
        break;
    case RECORD:
        server->record = optarg;
        break;
    case LIFETIME:
        server->lifetime_s = number(0, 1e7);
        break;
    case HELP:
        show(usage);
        break;
    case SHOW_VERSION:
        show("lambda-sim " WARMD_VERSION "\n");
        break;
    default:
        fputs("Try 'lambda-sim --help'.\n", stderr);
        exit(EX_USAGE);
    }
}

/* NULL: OPTIONS go together. */
static const char *contradiction(const struct server_options *server)
{
    const struct tls_options *tls = &server->tls;
    if (!tls->certificate != !tls->key)
        return "--tls-cert and --tls-key go together";
    if (tls->client_ca && !tls->certificate)
        return "--client-ca is for TLS, which wants --tls-cert";
    return NULL;
}

int main(int argc, char **argv)
{
    struct server_options server = {.bind_address = "127.0.0.1",
                                    .plain_port = -1,
                                    .tls.with_h2 = true,
                                    .max_streams = 128,
                                    .with_identity = true,
                                    .honours_hold = true,
                                    .lambda = {.cold_ns = 200 * NS_PER_MS,
                                               .idle_ttl_ns = 300 * NS_PER_S,
                                               .max_age_ns = UINT64_MAX,
                                               .volley_gap_ns = 500 * NS_PER_MS,
                                               .max_instances = UINT64_MAX,
                                               .seed = 1}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!take_of_lambda(option, &server.lambda))
            take(option, &server);
    const char *mistake = optind != argc ? "no operands are expected" : contradiction(&server);
    if (mistake) {
        fprintf(stderr, "lambda-sim: %s\n", mistake);
        return EX_USAGE;
    }
    /* An instance of one run is none of the next. */
    if (getrandom(&server.lambda.names, sizeof server.lambda.names, 0) < 0)
        server.lambda.names = monotonic_ns();
    return server_run(&server);
}
