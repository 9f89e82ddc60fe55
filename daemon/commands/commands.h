/* What the command line can say, and the commands that do it. Each returns the exit status. */
#ifndef WARMD_COMMANDS_COMMANDS_H
#define WARMD_COMMANDS_COMMANDS_H

#include "plan/mistakes.h"
#include "plan/plan.h"
#include "record/round.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What the program's exit status means (sysexits.h, so that systemd and scripts can tell). */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_NOT_MET = 1,      /* a target was not met, whatever the cause */
    EXIT_USAGE = 64,       /* the command line is wrong */
    EXIT_NO_INPUT = 66,    /* the configuration file does not exist */
    EXIT_UNAVAILABLE = 69, /* something outside is missing */
    EXIT_FAULT = 70,       /* out of memory, or a bug */
    EXIT_PERMISSION = 77,  /* the configuration file can't be read */
    EXIT_CONFIG = 78,      /* the configuration has mistakes */
};

/* In the order in which --help lists them. */
enum command {
    COMMAND_RUN,
    COMMAND_RELOAD,
    COMMAND_STATUS,
    COMMAND_CHECK,
    COMMAND_PLAN,
    COMMAND_ONCE,
    COMMAND_PROBE,
    COMMAND_REPORT,
    COMMAND_HELP,
    COMMANDS,
    COMMAND_VERSION = COMMANDS, /* an option, --version */
    COMMAND_NONE,
};

/* What an option that may be repeated got. */
struct text_list {
    const char **items; /* the array is owned */
    size_t n;
};

struct probe_options {
    const char *target; /* a URL, or a function's name or ARN */
    const char *region; /* from here on for functions; NULL: found as for an endpoint */
    const char *qualifier;
    const char *profile;
    const char *endpoint_url;
    uint32_t n;
    struct text_list headers; /* "Name: value" */
    const char *method;       /* NULL: GET, or POST with a body */
    const char *body;
    const char *ca_file;
    uint64_t hold_us;
    uint64_t timeout_us;
    uint64_t connect_timeout_us;
    enum http_version http_version;
};

struct report_options {
    const char *since, *until; /* as report/when.h has them; NULL: all there is */
    struct text_list endpoints;
    struct text_list files;   /* patterns */
    struct text_list folders; /* neither: the running system's journal */
    bool merge;
    bool oneline;
    const char *html; /* a file */
};

/* A command with its options and operands. Texts are argv's. */
struct arguments {
    enum command command;
    const char *config_path;
    char **operands; /* names of endpoints */
    int n_operands;
    const char *topic; /* of the help; NULL: the program */
    bool json;
    bool online;        /* check: ask AWS, too, whether the functions may be invoked */
    bool check;         /* status: trouble is a failure */
    bool distinct;      /* once: a target is met only if its instances are proven distinct */
    const char *folder; /* the daemon's runtime folder; NULL: $RUNTIME_DIRECTORY, or /run/lambda-warmd */
    struct probe_options probe;
    struct report_options report;
};

/* The daemon, until a signal ends it. */
int command_run(const struct arguments *arguments);

/* Makes the running daemon read its configuration. EXIT_DONE only if the configuration as it is now is in
 * force; EXIT_CONFIG if it was rejected. */
int command_reload(const struct arguments *arguments);

/* What the running daemon says about its endpoints. EXIT_UNAVAILABLE if no daemon runs, or one that no longer
 * writes; with `check`, EXIT_NOT_MET if an endpoint is failing or short or the configuration was rejected. */
int command_status(const struct arguments *arguments);

/* Is this configuration good? Prints "FILE: N endpoints, M instances, OK" (the enabled ones) to stdout,
 * warnings and mistakes to stderr. */
int command_check(const struct arguments *arguments);

/* What would be sent, and what that costs. */
int command_plan(const struct arguments *arguments);

/* One round now of the named endpoints or of all that are enabled, the truth on stdout. EXIT_DONE only if
 * every target was met. */
int command_once(const struct arguments *arguments);

/* One volley without a configuration, at a URL or at a function's name or ARN. EXIT_DONE only if all were
 * answered as expected and, if the answers name their instances, by as many instances. */
int command_probe(const struct arguments *arguments);

/* What the journal says about a period. EXIT_NO_INPUT: no such file or folder; EXIT_PERMISSION: none may be
 * read; EXIT_UNAVAILABLE: none is a journal, or an endpoint that was named is in none. */
int command_report(const struct arguments *arguments);

/* Prints each of MISTAKES to stderr, with its line of the file if that is a terminal. */
void say_mistakes(const struct mistakes *mistakes);
/* Prints "FILE:LINE: warning: ENDPOINT: …" to stderr. */
void say_warning(const struct endpoint *endpoint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Runs rounds of the N endpoints at CHOSEN, all at once as far as max_in_flight allows, for `once` and
 * `probe`. RET_ROUNDS has room for N, in the same order; the caller frees each. -errno. */
int run_rounds(struct plan *plan, const struct endpoint *const *chosen, size_t n, struct round **ret_rounds);

/* The help of the program, of a command, or of the configuration. EXIT_USAGE if there is no such topic. */
int command_help(const struct arguments *arguments);
/* The versions of the program and of the libraries in use. */
int command_version(const struct arguments *arguments);
/* Nothing was asked for: the program's help on stderr, and EXIT_USAGE. */
int command_none(const struct arguments *arguments);

#endif
