#include "server.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 64 };

static const char usage[] =
    "usage: lambda-sim [OPTION…]\n"
    "\n"
    "Behaves as API Gateway and Lambda do: one request binds one instance; an idle one is re-used, last in "
    "first out; a\n"
    "missing one is born with a cold start; idle ones die. Each path is a function of its own.\n"
    "\n"
    "  --port P            port to listen on (0: any, which is printed)\n"
    "  --bind ADDR         address to listen on (127.0.0.1)\n"
    "  --tls-cert FILE     certificate chain and\n"
    "  --tls-key FILE      its key (PEM): --port speaks TLS, HTTP/2 and HTTP/1.1 by ALPN\n"
    "  --plain-port P      plain http on a port of its own, beside TLS\n"
    "  --no-h2             offers HTTP/1.1 only\n"
    "  --h2-streams N      MAX_CONCURRENT_STREAMS (128)\n"
    "  --cold MS           duration of a cold start (200)\n"
    "  --handler MS        least time that a handler is busy (0)\n"
    "  --no-hold           does not honour X-Lambda-Warm-Hold\n"
    "  --idle-ttl S        an instance that is idle for longer dies (300)\n"
    "  --max-age S         an instance that is older dies (off)\n"
    "  --max-instances N   of each function; above it, 429\n"
    "  --fail-rate P       share of requests that are answered 500 (0)\n"
    "  --seed N            of what is drawn (1)\n"
    "  --no-identity       never names instances: a handler that knows nothing of warming\n"
    "  --volley-gap MS     arrivals further apart belong to different volleys (500)\n"
    "  --lifetime S        ends by itself\n"
    "\n"
    "GET /_sim/stats, GET /_sim/requests?last=N, POST /_sim/reset, /_sim/echo; ?status=N, ?location=URL, "
    "?age=S, ?rst=CODE,\n"
    "?goaway=CODE on any other path shape its answer.\n";

enum {
    PORT = 256,
    BIND,
    CERT,
    KEY,
    PLAIN_PORT,
    NO_H2,
    STREAMS,
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
    LIFETIME,
};

static const struct option options[] = {{"port", required_argument, NULL, PORT},
                                        {"bind", required_argument, NULL, BIND},
                                        {"tls-cert", required_argument, NULL, CERT},
                                        {"tls-key", required_argument, NULL, KEY},
                                        {"plain-port", required_argument, NULL, PLAIN_PORT},
                                        {"no-h2", no_argument, NULL, NO_H2},
                                        {"h2-streams", required_argument, NULL, STREAMS},
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
                                        {"lifetime", required_argument, NULL, LIFETIME},
                                        {"help", no_argument, NULL, 'h'},
                                        {0}};

/* The option's number, within LEAST and MOST; else the program ends. */
static double number(double least, double most)
{
    char *end;
    double value = strtod(optarg, &end);
    if (end != optarg && *end == '\0' && isfinite(value) && value >= least && value <= most)
        return value;
    fprintf(stderr, "lambda-sim: '%s' is not a number from %g to %g\n", optarg, least, most);
    exit(EXIT_USAGE);
}

static void take(int option, struct server_options *server)
{
    switch (option) {
    case PORT:
        server->port = (int)number(0, 65535);
        break;
    case BIND:
        server->bind_address = optarg;
        break;
    case CERT:
        server->certificate = optarg;
        break;
    case KEY:
        server->key = optarg;
        break;
    case PLAIN_PORT:
        server->plain_port = (int)number(0, 65535);
        break;
    case NO_H2:
        server->with_h2 = false;
        break;
    case STREAMS:
        server->max_streams = (unsigned)number(1, 1e6);
        break;
    case COLD:
        server->lambda.cold_ns = (uint64_t)(number(0, 1e6) * 1e6);
        break;
    case HANDLER:
        server->lambda.handler_ns = (uint64_t)(number(0, 1e6) * 1e6);
        break;
    case NO_HOLD:
        server->honours_hold = false;
        break;
    case IDLE_TTL:
        server->lambda.idle_ttl_ns = (uint64_t)(number(0, 1e7) * 1e9);
        break;
    case MAX_AGE:
        server->lambda.max_age_ns = (uint64_t)(number(0, 1e7) * 1e9);
        break;
    case MAX_INSTANCES:
        server->lambda.max_instances = (uint32_t)number(0, 1e6);
        break;
    case FAIL_RATE:
        server->fail_rate = number(0, 1);
        break;
    case SEED:
        server->seed = (uint64_t)number(0, 1e15);
        break;
    case NO_IDENTITY:
        server->with_identity = false;
        break;
    case GAP:
        server->lambda.volley_gap_ns = (uint64_t)(number(0, 1e6) * 1e6);
        break;
    case LIFETIME:
        server->lifetime_s = number(0, 1e6);
        break;
    case 'h':
        fputs(usage, stdout);
        exit(0);
    default:
        fputs("Try 'lambda-sim --help'.\n", stderr);
        exit(EXIT_USAGE);
    }
}

int main(int argc, char **argv)
{
    struct server_options server = {.bind_address = "127.0.0.1",
                                    .plain_port = -1,
                                    .with_h2 = true,
                                    .max_streams = 128,
                                    .with_identity = true,
                                    .honours_hold = true,
                                    .seed = 1,
                                    .lambda = {.cold_ns = 200000000,
                                               .idle_ttl_ns = UINT64_C(300000000000),
                                               .max_age_ns = UINT64_MAX,
                                               .volley_gap_ns = 500000000,
                                               .max_instances = UINT32_MAX}};
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;)
        take(option, &server);
    if (optind != argc || !server.certificate != !server.key) {
        fprintf(stderr, "lambda-sim: %s\n",
                optind != argc ? "no operands are expected" : "--tls-cert and --tls-key go together");
        return EXIT_USAGE;
    }
    return server_run(&server);
}
