#include "report/report.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/descriptors.h"
#include "base/duration.h"
#include "base/progress.h"
#include "base/suggest.h"
#include "base/terminal.h"
#include "base/text.h"
#include "commands/command_line.h"
#include "report/page.h"
#include "report/report_json.h"
#include "report/source.h"
#include "report/terminal.h"
#include "report/when.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

enum { KNOWN_NAMES_MAX = 2000 /* among which a misspelled one is looked for */ };

static void complain(const char *message)
{
    fprintf(stderr, "lambda-warmd: %s\n", message);
}

/* TEXT of OPTION; as it is for NULL. */
static int read_when(const char *option, const char *text, uint64_t now_us, uint64_t *us)
{
    uint64_t length_us;
    if (!text || when_parse(text, now_us, us) == 0)
        return EXIT_DONE;
    fprintf(stderr, "lambda-warmd report: --%s: '%s' is not a time", option, text);
    if (text[0] != '\0' && duration_parse(text, &length_us) == 0)
        fprintf(stderr, " (did you mean '-%s'?)\n", text);
    else
        fputs("; write one such as 'yesterday', '-6h', '2h ago', '2026-11-24 03:10' or '11:30'\n", stderr);
    return EXIT_USAGE;
}

static int check_options(const struct arguments *arguments)
{
    struct stat info;
    const struct report_options *options = &arguments->report;
    bool page_to_stdout = options->html && strcmp(options->html, "-") == 0;
    if (arguments->json + options->oneline + page_to_stdout > 1) {
        fprintf(stderr, "lambda-warmd report: stdout takes one of --json, --oneline and --html -\n");
        return command_line_hint("report");
    }
    if (options->merge && options->files.n + options->folders.n > 0) {
        fprintf(stderr, "lambda-warmd report: --merge is for the running system's journal; --file and "
                        "--directory merge what they name anyway\n");
        return EXIT_USAGE;
    }
    /* It will be replaced, which a device or a folder must not be. */
    if (options->html && stat(options->html, &info) == 0 && !S_ISREG(info.st_mode)) {
        fprintf(stderr, "lambda-warmd report: --html: %s is not a regular file, so it is not replaced\n",
                options->html);
        return EXIT_USAGE;
    }
    if (options->html && source_is_journal(options->html)) {
        fprintf(stderr, "lambda-warmd report: --html: %s is a journal, so it is not replaced\n",
                options->html);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Everything of the period that isn't asked for comes from what there is: from the first entry on, until now,
 * or to the last entry of files, which are no longer written. */
static int choose_period(struct source *source, const struct report_options *options, uint64_t now_us,
                         uint64_t *since_us, uint64_t *until_us)
{
    bool is_system = options->files.n + options->folders.n == 0;
    uint64_t first_us = 0, last_us = 0;
    bool any = source_ends(source, &first_us, &last_us);
    if (!options->until)
        *until_us = is_system || !any ? now_us : last_us + 1;
    if (!options->until && options->since && *until_us <= *since_us)
        *until_us = now_us; /* nothing was written since */
    uint64_t latest_us = !is_system && any && last_us >= now_us ? last_us + 1 : now_us;
    *until_us = least(*until_us, latest_us); /* what is still to come is no gap */
    if (!options->since)
        *since_us = any && first_us < *until_us ? first_us : *until_us - least(*until_us, US_PER_DAY);
    if (*since_us < *until_us)
        return EXIT_DONE;
    if (options->until && *until_us < now_us)
        fprintf(stderr, "lambda-warmd report: --since '%s' is not before --until '%s'\n",
                options->since ? options->since : "1970-01-01", options->until);
    else
        fprintf(stderr, "lambda-warmd report: --since '%s' is not before now\n", options->since);
    return EXIT_USAGE;
}

/* Reading a mapped file that was cut meanwhile ends in this signal. */
static void on_lost_file(int signal_number)
{
    static const char message[] = "lambda-warmd: a journal file was cut while it was read; try again\n";
    (void)signal_number;
    (void)!write(STDERR_FILENO, message, sizeof message - 1);
    _exit(EXIT_UNAVAILABLE);
}

static void show_progress(struct progress *progress, const struct report *report, const struct entry *entry)
{
    char rounds[NUMBER_TEXT_MAX];
    uint64_t length_us = report->until_us - report->since_us, read_us = entry->at_us - report->since_us;
    double part = read_us < length_us ? (double)read_us / (double)length_us : 1;
    progress_show(progress, "reading the journal", "%.0f%% (%s rounds)", 100 * part,
                  number_group(report->n_kinds[ENTRY_ROUND], rounds));
}

static void take_rest(void *report, const struct entry *rest)
{
    report_take_rest(report, rest);
}

/* Endpoints that have rested since before the period. */
static int collect_rests(struct source *source, struct report *report)
{
    uint64_t since_us = report->since_us > REPORT_REST_US ? report->since_us - REPORT_REST_US : 0;
    return source_find(source, ENTRY_RESTING, since_us, report->since_us, take_rest, report);
}

/* Entries come until the end of the period, or of memory. */
static int collect(struct source *source, struct report *report, uint64_t since_us, uint64_t until_us)
{
    struct entry entry;
    CLEANUP_PROGRESS struct progress progress = progress_begin(stderr, stderr);
    report_begin(report, since_us, until_us);
    int result = collect_rests(source, report);
    if (result < 0)
        return result;
    source_seek(source, since_us, until_us < INT64_MAX ? until_us + REPORT_LATE_US : until_us);
    while ((result = source_next(source, &entry)) > 0) {
        report_take(report, &entry);
        if (progress_is_due(&progress))
            show_progress(&progress, report, &entry);
    }
    report->n_unusable = source_unusable(source);
    report_finish(report);
    return result < 0 || report->failed ? -ENOMEM : 0;
}

/* Names that the journals know. */
struct known {
    char *names[KNOWN_NAMES_MAX];
    size_t n;
};

static void take_name(void *context, const char *name)
{
    struct known *known = context;
    char *copy = strdup(name);
    if (copy)
        known->names[known->n++] = copy;
}

static bool has_endpoint(const struct report *report, const char *name)
{
    for (size_t i = 0; i < report->n_endpoints; i++)
        if (strcmp(report->endpoints[i]->name, name) == 0)
            return true;
    return false;
}

/* Says whether the journals know NAME, which has no rounds in the period. */
static int say_absent(const struct known *known, const char *name)
{
    const char *near = suggest(name, (const char *const *)known->names, known->n);
    for (size_t i = 0; i < known->n; i++)
        if (strcmp(known->names[i], name) == 0) {
            fprintf(stderr, "lambda-warmd: the journal has no round of %s in this period\n", name);
            return EXIT_DONE;
        }
    CLEANUP_FREE char *shown = text_escape(name, PLAN_NAME_MAX);
    fprintf(stderr, "lambda-warmd: the journal has no endpoint '%s'", shown ? shown : "");
    fprintf(stderr, near ? " (did you mean '%s'?)\n" : "\n", near);
    return EXIT_UNAVAILABLE;
}

/* EXIT_UNAVAILABLE if the journals know nothing of one of the endpoints that were asked for. */
static int check_endpoints(struct source *source, const struct report *report, const struct text_list *names)
{
    int code = EXIT_DONE;
    struct known known = {0};
    for (size_t i = 0; i < names->n; i++) {
        if (has_endpoint(report, names->items[i]))
            continue;
        if (known.n == 0)
            source_endpoints(source, KNOWN_NAMES_MAX, take_name, &known);
        int one = say_absent(&known, names->items[i]);
        code = one == EXIT_DONE ? code : one;
    }
    for (size_t i = 0; i < known.n; i++)
        free(known.names[i]);
    return code;
}

/* Adds " OPTION VALUE", quoted for a shell where that is needed. */
static void add_option(struct text *text, const char *option, const char *value)
{
    CLEANUP_TEXT struct text shown = {0};
    text_add_escaped(&shown, value, SIZE_MAX);
    text_format(text, "%s%s ", text->length ? " " : "", option);
    if (shown.failed || shown.length == 0 || shown.data[strspn(shown.data, LETTERS DIGITS "._/@%+:,-")]) {
        text_add(text, "'");
        for (const char *at = shown.data; at && *at; at++)
            text_add_bytes(text, *at == '\'' ? "'\\''" : at, *at == '\'' ? 4 : 1);
        text_add(text, "'");
    } else {
        text_add(text, shown.data);
    }
}

/* What journalctl needs to find the same entries. NULL: memory ran out. */
static char *journal_options(const struct report_options *options)
{
    struct text text = {0};
    text_add(&text, options->merge ? "--merge" : "");
    for (size_t i = 0; i < options->files.n; i++)
        add_option(&text, "--file", options->files.items[i]);
    for (size_t i = 0; i < options->folders.n; i++)
        add_option(&text, "--directory", options->folders.items[i]);
    return text_take(&text);
}

static bool has_unicode(void)
{
    setlocale(LC_CTYPE, "");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static bool has_colour(void)
{
    const char *forbidden = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(forbidden && forbidden[0]) && terminal && strcmp(terminal, "dumb") != 0;
}

/* Writes the page to PATH, and says what went wrong. */
static int write_page(const struct report *report, const char *path, const char *options)
{
    struct error error = {0};
    int result = page_write(report, path, options, &error);
    if (result == 0)
        return EXIT_DONE;
    fprintf(stderr, "lambda-warmd: %s\n", error.message);
    return result == -EACCES || result == -EPERM ? EXIT_PERMISSION
           : result == -ENOMEM                   ? EXIT_FAULT
                                                 : EXIT_UNAVAILABLE;
}

static int give_page(const struct arguments *arguments, const struct report *report, const char *options)
{
    struct stat info;
    const char *path = arguments->report.html;
    if (strcmp(path, "-") == 0 && page_print(report, options, stdout) < 0) {
        complain("out of memory");
        return EXIT_FAULT;
    }
    if (strcmp(path, "-") == 0) /* what can't be written there is said at the program's end */
        return EXIT_DONE;
    int code = write_page(report, path, options);
    if (code == EXIT_DONE && stat(path, &info) == 0)
        fprintf(arguments->json || arguments->report.oneline ? stderr : stdout, "wrote %s (%.1f MB)\n", path,
                (double)info.st_size / 1e6);
    return code;
}

static int print(const struct arguments *arguments, const struct report *report)
{
    CLEANUP_FREE char *options = journal_options(&arguments->report);
    if (!options)
        return EXIT_FAULT;
    struct look look = {.columns = terminal_columns(stdout),
                        .unicode = has_unicode(),
                        .colour = has_colour(),
                        .journal_options = options};
    int code = EXIT_DONE;
    if (arguments->json)
        code = report_json_print(report, stdout) < 0 ? EXIT_FAULT : EXIT_DONE;
    else if (arguments->report.oneline)
        report_print_oneline(report, stdout, look);
    else if (!arguments->report.html)
        report_print(report, stdout, look);
    return code == EXIT_DONE && arguments->report.html ? give_page(arguments, report, options) : code;
}

static int open_source(const struct source_options *options, struct source **ret_source)
{
    struct error error = {0};
    descriptors_raise();
    signal(SIGBUS, on_lost_file);
    int result = source_open(options, ret_source, &error);
    if (result == 0)
        return EXIT_DONE;
    fprintf(stderr, "lambda-warmd: %s\n", error.message);
    return result == -ENOENT   ? EXIT_NO_INPUT
           : result == -EACCES ? EXIT_PERMISSION
           : result == -ENOMEM ? EXIT_FAULT
                               : EXIT_UNAVAILABLE;
}

int command_report(const struct arguments *arguments)
{
    const struct report_options *options = &arguments->report;
    uint64_t now_us = clock_real_us(), since_us = 0, until_us = 0;
    int code = check_options(arguments);
    code = code == EXIT_DONE ? read_when("since", options->since, now_us, &since_us) : code;
    code = code == EXIT_DONE ? read_when("until", options->until, now_us, &until_us) : code;
    if (code != EXIT_DONE)
        return code;
    const struct source_options wanted = {.files = options->files.items,
                                          .n_files = options->files.n,
                                          .folders = options->folders.items,
                                          .n_folders = options->folders.n,
                                          .merge = options->merge,
                                          .endpoints = options->endpoints.items,
                                          .n_endpoints = options->endpoints.n,
                                          .complain = complain};
    CLEANUP(cleanup_source_close) struct source *source = NULL;
    CLEANUP_REPORT struct report report = {0};
    code = open_source(&wanted, &source);
    code = code == EXIT_DONE ? choose_period(source, options, now_us, &since_us, &until_us) : code;
    if (code != EXIT_DONE)
        return code;
    if (collect(source, &report, since_us, until_us) < 0) {
        fprintf(stderr, "lambda-warmd: out of memory\n");
        return EXIT_FAULT;
    }
    code = print(arguments, &report);
    int known = check_endpoints(source, &report, &options->endpoints);
    return code == EXIT_DONE ? known : code;
}
