#include "tail.h"

#include "dates.h"
#include "json.h"
#include "lambda.h"
#include "memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_MB = 128, USED_MB = 64 };

/* Lambda's two decimals of a millisecond. What took no time counts as 0.01 ms, because Lambda reports a start
 * only if there was one. */
static uint64_t hundredths(uint64_t ns)
{
    uint64_t n = (ns + 5 * NS_PER_US) / (10 * NS_PER_US);
    return n ? n : 1;
}

static double ms_of(uint64_t ns)
{
    return (double)hundredths(ns) / 100;
}

static uint64_t billed_ms(uint64_t n_hundredths)
{
    return (n_hundredths + 99) / 100;
}

/* Starts are billed too; restores are billed separately. */
static uint64_t all_billed_ms(const struct tail *tail)
{
    bool with_start = tail->cold && !tail->snapstart;
    return billed_ms(hundredths(tail->duration_ns) + (with_start ? hundredths(tail->start_ns) : 0));
}

static void write_text(const struct tail *tail, struct buffer *out)
{
    buffer_format(out, "START RequestId: %s Version: %s\n%s", tail->id, tail->version,
                  tail->log ? tail->log : "");
    buffer_format(out, "END RequestId: %s\n", tail->id);
    buffer_format(out,
                  "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %" PRIu64
                  " ms\tMemory Size: %d MB\t"
                  "Max Memory Used: %d MB\t",
                  tail->id, ms_of(tail->duration_ns), all_billed_ms(tail), MEMORY_MB, USED_MB);
    if (tail->cold && tail->snapstart)
        buffer_format(out, "Restore Duration: %.2f ms\tBilled Restore Duration: %" PRIu64 " ms\t",
                      ms_of(tail->start_ns), billed_ms(hundredths(tail->start_ns)));
    else if (tail->cold)
        buffer_format(out, "Init Duration: %.2f ms\t", ms_of(tail->start_ns));
    buffer_format(out, "\n");
    if (tail->error)
        buffer_format(out, "RequestId: %s Error: Runtime exited with error: %s\nRuntime.ExitError\n",
                      tail->id, tail->error);
}

/* Takes RECORD. */
static void write_record(const struct tail *tail, const char *type, json_t *record, struct buffer *out)
{
    char now[DATE_TEXT];
    date_rfc3339(now, tail->now_ms);
    json_t *json = json_pack("{s:s,s:s,s:o}", "time", now, "type", type, "record", record);
    if (!json)
        die_of_memory();
    char *line = json_take(json);
    buffer_format(out, "%s\n", line);
    free(line);
}

static json_t *metrics(const struct tail *tail)
{
    json_t *json =
        json_pack("{s:f,s:I,s:i,s:i}", "durationMs", ms_of(tail->duration_ns), "billedDurationMs",
                  (json_int_t)all_billed_ms(tail), "memorySizeMB", MEMORY_MB, "maxMemoryUsedMB", USED_MB);
    if (tail->cold)
        json_object_set_new(json, tail->snapstart ? "restoreDurationMs" : "initDurationMs",
                            json_real(ms_of(tail->start_ns)));
    return json;
}

static void write_json(const struct tail *tail, struct buffer *out)
{
    write_record(tail, "platform.start",
                 json_pack("{s:s,s:s}", "requestId", tail->id, "version", tail->version), out);
    buffer_format(out, "%s", tail->log ? tail->log : "");
    write_record(tail, "platform.report",
                 json_pack("{s:s,s:o,s:s}", "requestId", tail->id, "metrics", metrics(tail), "status",
                           tail->error ? "error" : "success"),
                 out);
}

void tail_write(const struct tail *tail, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer all = {0};
    if (tail->as_json)
        write_json(tail, &all);
    else
        write_text(tail, &all);
    size_t skipped = all.length > TAIL_MAX ? all.length - TAIL_MAX : 0;
    buffer_add(out, all.data + skipped, all.length - skipped);
}
