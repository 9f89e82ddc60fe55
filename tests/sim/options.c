#include "options.h"

#include "memory.h"

#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum kind { ON, OFF, TEXT, NAMES, INT, UNSIGNED, U64, REAL, MS, S, SPECIAL };

static void show_help(struct server_options *options)
{
    (void)options;
    fputs(usage_text, stdout);
    exit(EX_OK);
}

static void show_version(struct server_options *options)
{
    (void)options;
    puts("lambda-sim " WARMD_VERSION);
    exit(EX_OK);
}

static void forget_identity(struct server_options *options)
{
    options->with_identity = options->honours_hold = false;
    options->known_ping = PING_NONE;
}

static void add_alias(struct server_options *options)
{
    if (registry_add_alias(&options->registry, optarg))
        return;
    fprintf(stderr, "lambda-sim: '%s' is not [FUNCTION:]ALIAS=VERSION\n", optarg);
    exit(EX_USAGE);
}

static void choose_protocol(struct server_options *options)
{
    if (ping_kind_of(optarg, &options->known_ping))
        return;
    fprintf(stderr, "lambda-sim: '%s' is no protocol of handlers\n", optarg);
    exit(EX_USAGE);
}

static void choose_log_format(struct server_options *options)
{
    options->json_logs = strcmp(optarg, "json") == 0;
    if (options->json_logs || strcmp(optarg, "text") == 0)
        return;
    fprintf(stderr, "lambda-sim: '%s' is neither text nor json\n", optarg);
    exit(EX_USAGE);
}

static void take_configuration(struct server_options *options)
{
    size_t length = strlen(optarg);
    options->configuration = optarg;
    if (length > 2 && optarg[0] == '{' && optarg[length - 1] == '}')
        return;
    fprintf(stderr, "lambda-sim: '%s' is not a JSON object with members\n", optarg);
    exit(EX_USAGE);
}

/* A share of all, or a function's name. */
static void add_error(struct server_options *options)
{
    char *end;
    double share = strtod(optarg, &end);
    if (end != optarg && *end == '\0' && share >= 0 && share <= 1)
        options->lambda.error_rate = share;
    else
        names_add(&options->registry.erring, optarg);
}

#define AT(member) offsetof(struct server_options, member)
static const struct setting {
    const char *name;
    enum kind kind;
    size_t offset;
    double least, most;
    void (*take)(struct server_options *options); /* of SPECIAL ones */
} settings[] = {
    {"port", INT, AT(port), 0, 65535, NULL},
    {"bind", TEXT, AT(bind_address), 0, 0, NULL},
    {"tls-cert", TEXT, AT(tls.certificate), 0, 0, NULL},
    {"tls-key", TEXT, AT(tls.key), 0, 0, NULL},
    {"client-ca", TEXT, AT(tls.client_ca), 0, 0, NULL},
    {"plain-port", INT, AT(plain_port), 0, 65535, NULL},
    {"no-h2", OFF, AT(tls.with_h2), 0, 0, NULL},
    {"h2-streams", UNSIGNED, AT(max_streams), 1, 1e6, NULL},
    {"max-streams", UNSIGNED, AT(max_streams), 1, 1e6, NULL},
    {"goaway-first", UNSIGNED, AT(goaway_first), 0, 1e6, NULL},
    {"cold", MS, AT(lambda.cold_ns), 0, 1e7, NULL},
    {"handler", MS, AT(lambda.handler_ns), 0, 1e7, NULL},
    {"no-hold", OFF, AT(honours_hold), 0, 0, NULL},
    {"idle-ttl", S, AT(lambda.idle_ttl_ns), 0, 1e7, NULL},
    {"idle-ttl-max", S, AT(lambda.idle_ttl_max_ns), 0, 1e7, NULL},
    {"max-age", S, AT(lambda.max_age_ns), 0, 1e7, NULL},
    {"max-instances", U64, AT(lambda.max_instances), 0, 1e9, NULL},
    {"account-limit", U64, AT(lambda.account_limit), 1, 1e9, NULL},
    {"fail-rate", REAL, AT(lambda.fail_rate), 0, 1, NULL},
    {"seed", U64, AT(lambda.seed), 0, 1e15, NULL},
    {"volley-gap", MS, AT(lambda.volley_gap_ns), 0, 1e7, NULL},
    {"no-identity", SPECIAL, 0, 0, 0, forget_identity},
    {"handler-protocol", SPECIAL, 1, 0, 0, choose_protocol},
    {"exec", TEXT, AT(exec), 0, 0, NULL},
    {"cache", ON, AT(with_cache), 0, 0, NULL},
    {"invoke-api", ON, AT(invoke_api), 0, 0, NULL},
    {"function", NAMES, AT(registry.functions), 0, 0, NULL},
    {"alias", SPECIAL, 1, 0, 0, add_alias},
    {"function-error", SPECIAL, 1, 0, 0, add_error},
    {"configuration", SPECIAL, 1, 0, 0, take_configuration},
    {"snapstart", ON, AT(snapstart), 0, 0, NULL},
    {"log-format", SPECIAL, 1, 0, 0, choose_log_format},
    {"require-signature", ON, AT(requires_signature), 0, 0, NULL},
    {"deny", NAMES, AT(registry.denied), 0, 0, NULL},
    {"hide", NAMES, AT(registry.hidden), 0, 0, NULL},
    {"expired-token", NAMES, AT(registry.expired_tokens), 0, 0, NULL},
    {"clock-offset", REAL, AT(clock_offset_s), -1e9, 1e9, NULL},
    {"region", TEXT, AT(region), 0, 0, NULL},
    {"imds", ON, AT(with_imds), 0, 0, NULL},
    {"container-token", TEXT, AT(container_token), 0, 0, NULL},
    {"credentials-lifetime", REAL, AT(credentials_lifetime_s), -1e7, 1e7, NULL},
    {"record", TEXT, AT(record), 0, 0, NULL},
    {"lifetime", REAL, AT(lifetime_s), 0, 1e7, NULL},
    {"help", SPECIAL, 0, 0, 0, show_help},
    {"version", SPECIAL, 0, 0, 0, show_version},
};
#undef AT
enum { N_SETTINGS = sizeof settings / sizeof settings[0], FIRST = 256 };

static bool has_argument(const struct setting *setting)
{
    bool flag = setting->kind == ON || setting->kind == OFF;
    return !flag && (setting->kind != SPECIAL || setting->offset);
}

/* The option's number, within its bounds; if it isn't, the program ends. */
static double number(const struct setting *setting)
{
    char *end;
    double value = strtod(optarg, &end);
    bool good = end != optarg && *end == '\0' && isfinite(value);
    if (good && value >= setting->least && value <= setting->most)
        return value;
    fprintf(stderr, "lambda-sim: '%s' is not a number from %g to %g\n", optarg, setting->least,
            setting->most);
    exit(EX_USAGE);
}

static uint64_t whole_number(const struct setting *setting)
{
    double value = number(setting);
    if (value == (double)(uint64_t)value)
        return (uint64_t)value;
    fprintf(stderr, "lambda-sim: '%s' is not a whole number\n", optarg);
    exit(EX_USAGE);
}

static void take(const struct setting *setting, struct server_options *options)
{
    void *to = (char *)options + setting->offset;
    switch (setting->kind) {
    case ON:
    case OFF:
        *(bool *)to = setting->kind == ON;
        break;
    case TEXT:
        *(const char **)to = optarg;
        break;
    case NAMES:
        names_add(to, optarg);
        break;
    case INT:
        *(int *)to = (int)whole_number(setting);
        break;
    case UNSIGNED:
        *(unsigned *)to = (unsigned)whole_number(setting);
        break;
    case U64:
        *(uint64_t *)to = whole_number(setting);
        break;
    case REAL:
        *(double *)to = number(setting);
        break;
    case MS:
        *(uint64_t *)to = (uint64_t)(number(setting) * (double)NS_PER_MS);
        break;
    case S:
        *(uint64_t *)to = (uint64_t)(number(setting) * (double)NS_PER_S);
        break;
    case SPECIAL:
        setting->take(options);
        break;
    }
}

/* What contradicts itself in OPTIONS; NULL: they go together. */
static const char *contradiction(const struct server_options *options)
{
    const struct tls_options *tls = &options->tls;
    if (!tls->certificate != !tls->key)
        return "--tls-cert and --tls-key go together";
    if (tls->client_ca && !tls->certificate)
        return "--client-ca is for TLS, which wants --tls-cert";
    if (options->container_token && !options->with_imds)
        return "--container-token is for the credentials of --imds";
    return NULL;
}

void options_take(int argc, char **argv, struct server_options *options)
{
    struct option known[N_SETTINGS + 1] = {0};
    for (size_t i = 0; i < N_SETTINGS; i++)
        known[i] = (struct option){.name = settings[i].name,
                                   .has_arg = has_argument(&settings[i]) ? required_argument : no_argument,
                                   .val = FIRST + (int)i};
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (option < FIRST) {
            fputs("Try 'lambda-sim --help'.\n", stderr);
            exit(EX_USAGE);
        }
        take(&settings[option - FIRST], options);
    }
    const char *mistake = optind != argc ? "no operands are expected" : contradiction(options);
    if (mistake) {
        fprintf(stderr, "lambda-sim: %s\n", mistake);
        exit(EX_USAGE);
    }
}
