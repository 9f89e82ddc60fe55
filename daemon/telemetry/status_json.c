#include "telemetry/status_json.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

enum {
    STATUS_VERSION = 1,
    STATUS_MOST = 64 << 20,
    READING_VERSION = 1,
    READING_MODE = 0644,
    READING_MOST = 16 << 20,
};

/* A field of the status, which is printed from a struct and read into one. */
struct field {
    const char *name;
    enum { NAME, TEXT, COUNT, STATE, TIME, SECONDS, USD, BUDGET } kind;
    size_t offset;
};

#define ROW(field) offsetof(struct status_row, field)
static const struct field row_fields[] = {
    {"name", NAME, ROW(name)},
    {"target", COUNT, ROW(target)},
    {"warm", COUNT, ROW(warm)},
    {"state", STATE, ROW(condition)},
    {"since", TIME, ROW(since_us)},
    {"until", TIME, ROW(until_us)},
    {"last_round", TIME, ROW(last_us)},
    {"next_round", TIME, ROW(next_us)},
    {"interval_s", SECONDS, ROW(interval_us)},
    {"hold_s", SECONDS, ROW(hold_us)},
    {"cost_usd", USD, ROW(usd)},
    {"budget_usd", BUDGET, ROW(budget_usd)},
};

#define HEAD(field) offsetof(struct status_head, field)
static const struct field daemon_fields[] = {{"started", TIME, HEAD(started_us)}};
static const struct field configuration_fields[] = {
    {"file", TEXT, HEAD(file)},
    {"loaded", TIME, HEAD(loaded_us)},
    {"rejected", TIME, HEAD(rejected_us)},
    {"problem", TEXT, HEAD(rejected)},
};

/* RFC 3339 in UTC, which jq reads as well. */
static const char time_format[] = "%Y-%m-%dT%H:%M:%SZ";

/* 0 becomes null. */
static void print_time(FILE *file, uint64_t real_us)
{
    time_t seconds = (time_t)(real_us / US_PER_S);
    struct tm utc;
    char text[40];
    if (real_us && gmtime_r(&seconds, &utc) && strftime(text, sizeof text, time_format, &utc))
        fprintf(file, "\"%s\"", text);
    else
        fputs("null", file);
}

/* NULL becomes null. */
static void print_text(FILE *file, const char *text)
{
    json_t *json = text ? json_string(text) : json_null();
    if (!json || json_dumpf(json, file, JSON_ENCODE_ANY) < 0)
        fputs("\"\"", file);
    json_decref(json);
}

static void print_value(FILE *file, const struct field *field, const void *at)
{
    switch (field->kind) {
    case NAME: /* a plain word */
        fprintf(file, "\"%s\"", *(char *const *)at);
        return;
    case TEXT:
        print_text(file, *(char *const *)at);
        return;
    case COUNT:
        fprintf(file, "%" PRIu32, *(const uint32_t *)at);
        return;
    case STATE:
        fprintf(file, "\"%s\"", condition_name(*(const enum condition *)at));
        return;
    case TIME:
        print_time(file, *(const uint64_t *)at);
        return;
    case SECONDS:
        fprintf(file, "%.12g", (double)*(const uint64_t *)at / (double)US_PER_S);
        return;
    case BUDGET:
    case USD:
        if (field->kind == USD || *(const double *)at > 0)
            fprintf(file, "%.9g", *(const double *)at);
        else
            fputs("null", file);
    }
}

/* "NAME":VALUE for each of the fields OF a struct, after SEPARATOR and with commas between them. */
static void print_fields(FILE *file, const struct field *fields, size_t n, const void *of,
                         const char *separator)
{
    for (size_t i = 0; i < n; i++) {
        fputs(i ? "," : separator, file);
        putc('"', file);
        fputs(fields[i].name, file);
        fputs("\":", file);
        print_value(file, &fields[i], (const char *)of + fields[i].offset);
    }
}

void status_print_head(FILE *file, const struct status_head *head)
{
    fprintf(file, "{\"version\":%d,\"daemon\":{\"pid\":%jd,\"version\":\"%s\"", STATUS_VERSION,
            (intmax_t)head->pid, WARMD_VERSION);
    print_fields(file, daemon_fields, COUNT_OF(daemon_fields), head, ",");
    fprintf(file, "},\"configuration\":{\"accepted\":%s", head->rejected_us ? "false" : "true");
    print_fields(file, configuration_fields, COUNT_OF(configuration_fields), head, ",");
    fputs("},\"endpoints\":[", file);
}

void status_print_row(FILE *file, const struct status_row *row, bool first)
{
    print_fields(file, row_fields, COUNT_OF(row_fields), row, first ? "{" : ",{");
    fputc('}', file);
}

void status_print_end(FILE *file, const size_t counts[CONDITIONS], uint64_t now_real_us)
{
    fputs("],\"states\":{", file);
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        fprintf(file, "%s\"%s\":%zu", condition ? "," : "", condition_name(condition), counts[condition]);
    fputs("},\"written\":", file);
    print_time(file, now_real_us);
    fputs("}\n", file);
}

/* 0 if it is null or missing. */
static uint64_t time_of(const json_t *json)
{
    const char *text = json_string_value(json);
    struct tm utc = {0};
    const char *end = text ? strptime(text, time_format, &utc) : NULL;
    time_t seconds = end && !*end ? timegm(&utc) : 0;
    return seconds > 0 ? (uint64_t)seconds * US_PER_S : 0;
}

static uint64_t us_of(const json_t *json)
{
    double seconds = json_number_value(json);
    return seconds > 0 && seconds < 1e9 ? (uint64_t)(seconds * (double)US_PER_S + 0.5) : 0;
}

static char *text_of(const json_t *json)
{
    const char *text = json_string_value(json);
    return text ? strdup(text) : NULL;
}

static enum condition condition_named(const char *name)
{
    enum condition condition = 0;
    while (name && condition < CONDITIONS && strcmp(condition_name(condition), name) != 0)
        condition++;
    return name && condition < CONDITIONS ? condition : CONDITION_SHORT;
}

static void take_value(const json_t *json, const struct field *field, void *at)
{
    switch (field->kind) {
    case NAME:
    case TEXT:
        *(char **)at = text_of(json);
        return;
    case COUNT:
        *(uint32_t *)at = (uint32_t)json_number_value(json);
        return;
    case STATE:
        *(enum condition *)at = condition_named(json_string_value(json));
        return;
    case TIME:
        *(uint64_t *)at = time_of(json);
        return;
    case SECONDS:
        *(uint64_t *)at = us_of(json);
        return;
    case USD:
    case BUDGET:
        *(double *)at = json_number_value(json);
    }
}

/* What is missing becomes 0 or NULL. */
static void take_fields(const json_t *json, const struct field *fields, size_t n, void *of)
{
    for (size_t i = 0; i < n; i++)
        take_value(json_object_get(json, fields[i].name), &fields[i], (char *)of + fields[i].offset);
}

static bool take_rows(const json_t *list, struct status *status)
{
    const json_t *item;
    size_t i;
    status->rows = calloc(json_array_size(list) + 1, sizeof *status->rows);
    if (!json_is_array(list) || !status->rows)
        return false;
    json_array_foreach(list, i, item)
    {
        struct status_row *row = &status->rows[status->n_rows++];
        take_fields(item, row_fields, COUNT_OF(row_fields), row);
        if (!row->name)
            return false;
    }
    return true;
}

static bool take(const json_t *root, struct status *status)
{
    const json_t *daemon = json_object_get(root, "daemon"),
                 *configuration = json_object_get(root, "configuration");
    if (json_integer_value(json_object_get(root, "version")) != STATUS_VERSION)
        return false;
    status->version = text_of(json_object_get(daemon, "version"));
    status->written_us = time_of(json_object_get(root, "written"));
    status->head.pid = (pid_t)json_integer_value(json_object_get(daemon, "pid"));
    take_fields(daemon, daemon_fields, COUNT_OF(daemon_fields), &status->head);
    take_fields(configuration, configuration_fields, COUNT_OF(configuration_fields), &status->head);
    return take_rows(json_object_get(root, "endpoints"), status);
}

/* Reads a file of at most MOST bytes; -EBADMSG: it isn't JSON. */
static int read_json(const char *path, size_t most, struct file *ret_file, json_t **ret_root)
{
    int result = file_read_up_to(path, FILE_NO_LINK, most, ret_file);
    if (result < 0)
        return result;
    *ret_root = json_loadb(ret_file->bytes, ret_file->length, 0, NULL);
    return *ret_root ? 0 : -EBADMSG;
}

int status_load(const char *path, struct status *ret_status, char **ret_text)
{
    struct status status = {0};
    CLEANUP_FILE struct file file = {0};
    json_t *root = NULL;
    int result = read_json(path, STATUS_MOST, &file, &root);
    if (result == 0 && !take(root, &status))
        result = -EBADMSG;
    json_decref(root);
    if (result < 0) {
        status_free(&status);
        return result;
    }
    *ret_status = status;
    *ret_text = STEAL(file.bytes);
    return 0;
}

void status_free(struct status *status)
{
    for (size_t i = 0; i < status->n_rows; i++)
        free(status->rows[i].name);
    free(status->rows);
    free(status->version);
    free(status->head.file);
    free(status->head.rejected);
    *status = (struct status){0};
}

static void add_message(struct reading *reading, char *line)
{
    char **longer = line ? reallocarray(reading->messages, reading->n_messages + 1, sizeof *longer) : NULL;
    if (!longer) {
        free(line);
        return;
    }
    reading->messages = longer;
    longer[reading->n_messages++] = line;
}

void reading_take_messages(struct reading *reading, const struct mistakes *mistakes)
{
    for (int warnings = 0; warnings < 2; warnings++)
        for (size_t i = 0; i < mistakes->n; i++)
            if (mistakes->items[i].warning == warnings)
                add_message(reading, mistake_format(&mistakes->items[i]));
}

const char *reading_problem(const struct reading *reading)
{
    return !reading->accepted && reading->n_messages > 0 ? reading->messages[0] : NULL;
}

void reading_free(struct reading *reading)
{
    for (size_t i = 0; i < reading->n_messages; i++)
        free(reading->messages[i]);
    free(reading->messages);
    free(reading->file);
    *reading = (struct reading){0};
}

static json_t *to_json(const struct reading *reading)
{
    json_t *messages = json_array();
    for (size_t i = 0; i < reading->n_messages; i++)
        json_array_append_new(messages, json_string(reading->messages[i]));
    return json_pack("{s:i, s:I, s:I, s:b, s:s, s:I, s:I, s:o}", "version", READING_VERSION, "begun_us",
                     (json_int_t)reading->begun_us, "real_us", (json_int_t)reading->real_us, "accepted",
                     (int)reading->accepted, "file", reading->file ? reading->file : "", "endpoints",
                     (json_int_t)reading->endpoints, "instances", (json_int_t)reading->instances, "messages",
                     messages);
}

int reading_write(const char *path, const struct reading *reading)
{
    struct replacement replacement = {0};
    json_t *json = to_json(reading);
    int result = json ? replacement_begin(&replacement, path, READING_MODE) : -ENOMEM;
    if (result == 0) {
        json_dumpf(json, replacement.file, JSON_COMPACT);
        result = replacement_commit(&replacement);
    }
    json_decref(json);
    return result;
}

static int from_json(json_t *json, struct reading *ret_reading)
{
    struct reading reading = {0};
    json_int_t version = 0, begun_us = 0, real_us = 0, endpoints = 0, instances = 0;
    int accepted = 0;
    const char *file = "";
    json_t *messages = NULL, *message;
    size_t i;
    if (json_unpack(json, "{s:I, s:I, s:I, s:b, s:s, s:I, s:I, s:o}", "version", &version, "begun_us",
                    &begun_us, "real_us", &real_us, "accepted", &accepted, "file", &file, "endpoints",
                    &endpoints, "instances", &instances, "messages", &messages) < 0 ||
        version != READING_VERSION || !json_is_array(messages) || begun_us < 0 || real_us < 0 ||
        endpoints < 0 || instances < 0)
        return -EBADMSG;
    reading.begun_us = (uint64_t)begun_us;
    reading.real_us = (uint64_t)real_us;
    reading.accepted = accepted;
    reading.file = strdup(file);
    reading.endpoints = (size_t)endpoints;
    reading.instances = (uint64_t)instances;
    json_array_foreach(messages, i, message) if (json_is_string(message))
        add_message(&reading, strdup(json_string_value(message)));
    *ret_reading = reading;
    return 0;
}

int reading_load(const char *path, struct reading *ret_reading)
{
    CLEANUP_FILE struct file file = {0};
    json_t *root = NULL;
    int result = read_json(path, READING_MOST, &file, &root);
    if (result == 0)
        result = from_json(root, ret_reading);
    json_decref(root);
    return result;
}
