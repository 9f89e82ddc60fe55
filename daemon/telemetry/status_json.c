#include "telemetry/status_json.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

enum { STATUS_VERSION = 1, STATUS_MOST = 64 << 20 };

/* RFC 3339 in UTC, which jq reads as well. */
static const char time_format[] = "%Y-%m-%dT%H:%M:%SZ";

static void print_time(FILE *file, const char *name, uint64_t real_us)
{
    time_t seconds = (time_t)(real_us / US_PER_S);
    struct tm utc;
    char text[40];
    if (real_us && gmtime_r(&seconds, &utc) && strftime(text, sizeof text, time_format, &utc))
        fprintf(file, ",\"%s\":\"%s\"", name, text);
    else
        fprintf(file, ",\"%s\":null", name);
}

static void print_seconds(FILE *file, const char *name, uint64_t us)
{
    fprintf(file, ",\"%s\":%.12g", name, (double)us / (double)US_PER_S);
}

/* A VALUE of NULL becomes null. */
static void print_string(FILE *file, const char *name, const char *value)
{
    json_t *json = value ? json_string(value) : json_null();
    fprintf(file, ",\"%s\":", name);
    if (!json || json_dumpf(json, file, JSON_ENCODE_ANY) < 0)
        fputs("\"\"", file);
    json_decref(json);
}

void status_print_head(FILE *file, const struct status_head *head)
{
    fprintf(file, "{\"version\":%d,\"daemon\":{\"pid\":%jd,\"version\":\"%s\"", STATUS_VERSION,
            (intmax_t)head->pid, WARMD_VERSION);
    print_time(file, "started", head->started_us);
    fputs("},\"configuration\":{\"accepted\":", file);
    fputs(head->rejected_us ? "false" : "true", file);
    print_string(file, "file", head->file);
    print_time(file, "loaded", head->loaded_us);
    print_time(file, "rejected", head->rejected_us);
    print_string(file, "problem", head->rejected_us ? head->rejected : NULL);
    fputs("},\"endpoints\":[", file);
}

void status_print_row(FILE *file, const struct status_row *row, bool first)
{
    fprintf(file, "%s{\"name\":\"%s\",\"target\":%" PRIu32 ",\"warm\":%" PRIu32 ",\"state\":\"%s\"",
            first ? "" : ",", row->name, row->target, row->warm, condition_name(row->condition));
    print_time(file, "since", row->since_us);
    print_time(file, "until", row->until_us);
    print_time(file, "last_round", row->last_us);
    print_time(file, "next_round", row->next_us);
    print_seconds(file, "interval_s", row->interval_us);
    print_seconds(file, "hold_s", row->hold_us);
    fprintf(file, ",\"cost_usd\":%.9g,\"budget_usd\":", row->usd);
    if (row->budget_usd > 0)
        fprintf(file, "%.9g}", row->budget_usd);
    else
        fputs("null}", file);
}

void status_print_end(FILE *file, const size_t counts[CONDITIONS], uint64_t now_real_us)
{
    fputs("],\"states\":{", file);
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        fprintf(file, "%s\"%s\":%zu", condition ? "," : "", condition_name(condition), counts[condition]);
    fputs("}", file);
    print_time(file, "written", now_real_us);
    fputs("}\n", file);
}

/* 0 if it is null or missing. */
static uint64_t time_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    struct tm utc = {0};
    const char *end = text ? strptime(text, time_format, &utc) : NULL;
    time_t seconds = end && !*end ? timegm(&utc) : 0;
    return seconds > 0 ? (uint64_t)seconds * US_PER_S : 0;
}

static double number_of(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

static uint64_t seconds_of(const json_t *object, const char *name)
{
    double seconds = number_of(object, name);
    return seconds > 0 && seconds < 1e9 ? (uint64_t)(seconds * (double)US_PER_S + 0.5) : 0;
}

static char *string_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? strdup(text) : NULL;
}

static enum condition condition_named(const char *name)
{
    enum condition condition = 0;
    while (name && condition < CONDITIONS && strcmp(condition_name(condition), name) != 0)
        condition++;
    return name && condition < CONDITIONS ? condition : CONDITION_SHORT;
}

static bool take_row(const json_t *json, struct status_row *ret_row)
{
    struct status_row row = {
        .name = string_of(json, "name"),
        .condition = condition_named(json_string_value(json_object_get(json, "state"))),
        .since_us = time_of(json, "since"),
        .until_us = time_of(json, "until"),
        .target = (uint32_t)number_of(json, "target"),
        .warm = (uint32_t)number_of(json, "warm"),
        .last_us = time_of(json, "last_round"),
        .next_us = time_of(json, "next_round"),
        .interval_us = seconds_of(json, "interval_s"),
        .hold_us = seconds_of(json, "hold_s"),
        .usd = number_of(json, "cost_usd"),
        .budget_usd = number_of(json, "budget_usd"),
    };
    *ret_row = row;
    return row.name != NULL;
}

static bool take_rows(const json_t *list, struct status *status)
{
    const json_t *item;
    size_t i;
    status->rows = calloc(json_array_size(list) + 1, sizeof *status->rows);
    if (!json_is_array(list) || !status->rows)
        return false;
    json_array_foreach(list, i, item) if (!take_row(item, &status->rows[status->n_rows++])) return false;
    return true;
}

static bool take(const json_t *root, struct status *status)
{
    const json_t *daemon = json_object_get(root, "daemon"),
                 *configuration = json_object_get(root, "configuration");
    if (json_integer_value(json_object_get(root, "version")) != STATUS_VERSION)
        return false;
    status->version = string_of(daemon, "version");
    status->written_us = time_of(root, "written");
    status->head = (struct status_head){
        .pid = (pid_t)json_integer_value(json_object_get(daemon, "pid")),
        .started_us = time_of(daemon, "started"),
        .file = string_of(configuration, "file"),
        .loaded_us = time_of(configuration, "loaded"),
        .rejected_us = time_of(configuration, "rejected"),
        .rejected = string_of(configuration, "problem"),
    };
    return take_rows(json_object_get(root, "endpoints"), status);
}

int status_load(const char *path, struct status *ret_status, char **ret_text)
{
    struct status status = {0};
    CLEANUP_FILE struct file file = {0};
    int result = file_read_up_to(path, FILE_NO_LINK, STATUS_MOST, &file);
    if (result < 0)
        return result;
    json_t *root = json_loadb(file.bytes, file.length, 0, NULL);
    result = root && take(root, &status) ? 0 : -EBADMSG;
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
