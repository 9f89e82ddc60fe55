#include "protocol/log_tail.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    REPORT_LINE_MAX = 4096,
    ENCODED_MAX = LOG_TAIL_MAX / 3 * 4,
    OBJECT_MAX = 2048 /* characters that a warmer's line may have; real ones have 300 */
};

/* Converts milliseconds as AWS writes them to microseconds; 0 if they make no sense. */
static uint32_t us_of_ms(double ms)
{
    return ms > 0 && ms < (double)UINT32_MAX / (double)US_PER_MS ? (uint32_t)(ms * (double)US_PER_MS + 0.5)
                                                                 : 0;
}

/* Reads "159.71 ms", whatever the locale's decimal point is. */
static uint32_t parse_ms(const char *text)
{
    double value = 0, scale = 1;
    text += strspn(text, " ");
    const char *c = text;
    for (; *c >= '0' && *c <= '9' && c < text + 10; c++)
        value = value * 10 + (*c - '0');
    if (*c == '.')
        for (c++; *c >= '0' && *c <= '9' && scale < 1e6; c++)
            value += (*c - '0') / (scale *= 10);
    return strncmp(c, " ms", 3) == 0 ? us_of_ms(value) : 0;
}

/* The text after the field NAME of a REPORT line, or NULL; "Billed Restore Duration" contains "Restore
 * Duration", too. */
static const char *field_of(const char *line, const char *name)
{
    static const char other[] = "Billed ";
    size_t length = strlen(name), n_other = strlen(other);
    for (const char *at = line; (at = strstr(at, name)); at += length) {
        bool is_other = (size_t)(at - line) >= n_other && memcmp(at - n_other, other, n_other) == 0;
        if (!is_other && at[length] == ':')
            return at + length + 1;
    }
    return NULL;
}

/* What reports say, each as text and as JSON. Sources: AWS's guide, "Working with Lambda function logs", and
 * "Monitoring for Lambda SnapStart":
 * REPORT RequestId: …\tDuration: 2.59 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 67
 * MB\t Init Duration: 159.71 ms\tRestore Duration: 289.67 ms\tBilled Restore Duration: 23 ms
 * and AWS's Telemetry API, schemas of platform.report, initStart, initRuntimeDone and initReport; functions
 * that log in JSON write them as lines. */
struct figure {
    const char *field, *pointer;
};
static const struct figure init = {"Init Duration", "/record/metrics/initDurationMs"},
                           restore = {"Restore Duration", "/record/metrics/restoreDurationMs"},
                           billed = {"Billed Duration", "/record/metrics/billedDurationMs"},
                           billed_restore = {"Billed Restore Duration",
                                             "/record/metrics/billedRestoreDurationMs"};

/* FIGURE of a report, which is DOCUMENT if it is JSON (else NULL), else LINE. False: it doesn't say; then,
 * and if it makes no sense, *ret_us becomes 0. */
static bool read_figure(const char *line, const struct json_document *document, const struct figure *figure,
                        uint32_t *ret_us)
{
    double ms = 0;
    CLEANUP_FREE char *text = json_document_text(document, figure->pointer);
    const char *value = document ? text : field_of(line, figure->field);
    if (document)
        *ret_us = json_document_number(document, figure->pointer, &ms) ? us_of_ms(ms) : 0;
    else
        *ret_us = value ? parse_ms(value) : 0;
    return value != NULL;
}

/* BEGUN: has there been a line of an initialisation since the last report? */
static void read_report(const char *line, const struct json_document *document, bool *begun,
                        struct log_tail *tail)
{
    uint32_t billed_us, billed_restore_us;
    bool has_init = read_figure(line, document, &init, &tail->init_us);
    bool has_restore = read_figure(line, document, &restore, &tail->restore_us);
    read_figure(line, document, &billed, &billed_us);
    read_figure(line, document, &billed_restore, &billed_restore_us);
    tail->billed_us = billed_us + billed_restore_us;
    tail->initialised = *begun || has_init || has_restore;
    tail->reported = true;
    *begun = false;
}

static void read_json_line(const char *line, bool *begun, struct log_tail *tail)
{
    struct json_document document;
    if (json_document_read(line, strlen(line), &document, NULL) < 0)
        return;
    CLEANUP_FREE char *type = json_document_text(&document, "/type");
    if (type && (text_starts_with(type, "platform.init") || text_starts_with(type, "platform.restore")))
        *begun = true;
    if (type && strcmp(type, "platform.report") == 0)
        read_report(line, &document, begun, tail);
}

/* "INIT_START Runtime Version: …", "INIT_REPORT Init Duration: 9999.63 ms\tPhase: init\tStatus: timeout", and
 * SnapStart's "RESTORE_REPORT Restore Duration: 10013.10 ms\tStatus: timeout" */
static bool is_init_line(const char *line)
{
    return text_starts_with(line, "INIT_START ") || text_starts_with(line, "INIT_REPORT ") ||
           text_starts_with(line, "RESTORE_START ") || text_starts_with(line, "RESTORE_REPORT ");
}

/* The last report counts, with the lines between it and the one before. */
static void read_reports(const char *log, struct log_tail *tail)
{
    char line[REPORT_LINE_MAX];
    bool begun = false;
    for (const char *at = log; *at;) {
        size_t length = strcspn(at, "\n");
        bool text = text_starts_with(at, "REPORT RequestId:");
        bool json = *at == '{' && memmem(at, length, "platform.", strlen("platform."));
        begun |= is_init_line(at);
        if ((text || json) && length < sizeof line) {
            memcpy(line, at, length);
            line[length] = '\0';
            if (text)
                read_report(line, NULL, &begun, tail);
            else
                read_json_line(line, &begun, tail);
        }
        at += length;
        at += *at == '\n';
    }
}

struct span {
    const char *start;
    size_t length;
};

/* The line that lambda-warmer (npm, PyPI) writes for each ping into the function's log: an object with action
 * 'warmer', printed by Node's util.inspect (over several lines, which the runtime may have joined by carriage
 * returns), by Python's repr, or as JSON:
 *   { action: 'warmer', function: 'f:1', id: '1700000000000-0042', …, warm: false, lastAccessed: null, … }
 *   {'action': 'warmer', …, 'instance_id': '8f507cfc-…', 'is_warm': True, …} */
enum { ACTION, ID, INSTANCE_ID, WARM, IS_WARM, N_FIELDS };
static const char *const field_names[N_FIELDS] = {"action", "id", "instance_id", "warm", "is_warm"};
struct fields {
    struct span value[N_FIELDS];
};

static bool equals(const struct span *word, const char *text)
{
    return word->start && word->length == strlen(text) && memcmp(word->start, text, word->length) == 0;
}

static const char *skip(const char *at, const char *these)
{
    return at + strspn(at, these);
}

/* Reads a string quoted as in any of the three languages, or a bare word. NULL: neither. */
static const char *read_word(const char *at, const char *limit, struct span *ret_word)
{
    bool quoted = *at && strchr("'\"`", *at);
    const char quote = *at;
    const char *start = quoted ? at + 1 : at, *end = start;
    if (quoted)
        while (end < limit && *end && *end != quote)
            end += *end == '\\' && end[1] ? 2 : 1;
    else
        end += strcspn(end, " \t\r\n,:{}[]'\"`");
    if (end >= limit || (quoted ? *end != quote : end == start))
        return NULL;
    *ret_word = (struct span){start, (size_t)(end - start)};
    return quoted ? end + 1 : end;
}

/* Reads the flat object that begins at the brace AT. False: not one, not a whole one, or not a warmer's. */
static bool read_object(const char *at, struct fields *ret_fields)
{
    static const char blanks[] = " \t\r\n";
    const char *limit = at + strnlen(at, OBJECT_MAX);
    struct fields fields = {0};
    for (at++;;) {
        struct span key, value;
        at = skip(at, blanks);
        if (*at == '}')
            break;
        if (!(at = read_word(at, limit, &key)) || *(at = skip(at, blanks)) != ':' ||
            !(at = read_word(skip(at + 1, blanks), limit, &value)))
            return false;
        for (size_t i = 0; i < N_FIELDS; i++)
            if (equals(&key, field_names[i]))
                fields.value[i] = value;
        at = skip(at, blanks);
        if (*at == ',')
            at++;
        else if (*at != '}')
            return false;
    }
    if (!equals(&fields.value[ACTION], "warmer"))
        return false;
    *ret_fields = fields;
    return true;
}

static enum coldness cold_of(const struct fields *fields)
{
    const struct span *warm = &fields->value[fields->value[WARM].start ? WARM : IS_WARM];
    if (equals(warm, "false") || equals(warm, "False"))
        return COLD_YES;
    return equals(warm, "true") || equals(warm, "True") ? COLD_NO : COLD_UNKNOWN;
}

/* Reads the last such line of LOG. */
static void read_warmer(const char *log, const char *request_id, struct log_tail *tail)
{
    struct fields last = {0};
    bool found = false;
    for (const char *at = log; (at = strchr(at, '{')); at++)
        found |= read_object(at, &last);
    if (!found)
        return;
    const struct span *id = &last.value[last.value[ID].start ? ID : INSTANCE_ID];
    tail->cold = cold_of(&last);
    tail->instance = id->length ? strndup(id->start, id->length) : NULL;
    if (tail->instance && request_id && strcmp(tail->instance, request_id) == 0) {
        free(tail->instance);
        tail->instance = NULL;
    }
}

/* The request's id from the log itself, if no header has it; "" if the log doesn't, either. */
static const char *id_in_log(const char *log, char buffer[64])
{
    static const char label[] = "RequestId: ";
    const char *found = strstr(log, label);
    size_t length = found ? strspn(found + strlen(label), "0123456789abcdefABCDEF-") : 0;
    buffer[0] = '\0';
    if (length && length < 64) {
        memcpy(buffer, found + strlen(label), length);
        buffer[length] = '\0';
    }
    return buffer;
}

int log_tail_read(const char *encoded, const char *request_id, struct log_tail *ret_tail)
{
    CLEANUP_TEXT struct text log = {0};
    struct log_tail tail = {0};
    char buffer[64];
    size_t length = strlen(encoded);
    /* Whole groups of four, from the end. */
    size_t left_out = length > ENCODED_MAX ? (length - ENCODED_MAX + 3) / 4 * 4 : 0;
    int result = base64_decode(encoded + left_out, length - left_out, &log);
    if (result == -ENOMEM)
        return result;
    for (size_t i = 0; i < log.length; i++)
        if (log.data[i] == '\0')
            log.data[i] = ' ';
    tail.cut = left_out || log.length >= LOG_TAIL_WHOLE;
    if (log.length) {
        read_reports(log.data, &tail);
        read_warmer(log.data, request_id ? request_id : id_in_log(log.data, buffer), &tail);
    }
    *ret_tail = tail;
    return 0;
}

enum coldness log_tail_reported_cold(const struct log_tail *tail)
{
    if (!tail->reported)
        return COLD_UNKNOWN;
    return tail->initialised ? COLD_YES : tail->cut ? COLD_UNKNOWN : COLD_NO;
}

void log_tail_free(struct log_tail *tail)
{
    free(tail->instance);
    *tail = (struct log_tail){0};
}
