#include "telemetry/reading_json.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

enum { READING_VERSION = 1, READING_MODE = 0644, READING_MOST = 16 << 20 };

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
    int result = file_read_up_to(path, FILE_NO_LINK, READING_MOST, &file);
    if (result < 0)
        return result;
    json_t *json = json_loadb(file.bytes, file.length, 0, NULL);
    result = json ? from_json(json, ret_reading) : -EBADMSG;
    json_decref(json);
    return result;
}
