/* The last of an invocation's log: what AWS and the warmers write there. */
#include "../cmocka_all.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "protocol/log_tail.h"

#include <string.h>

#define ID "8f507cfc-1e2d-4f6a-9c3b-3d0c5e0f6a11"
#define OTHER "11111111-2222-3333-4444-555555555555"
#define START "START RequestId: " ID " Version: $LATEST\n"
#define END "END RequestId: " ID "\n"
#define REPORT                                                                                               \
    "REPORT RequestId: " ID "\tDuration: 77.59 ms\tBilled Duration: 78 ms\tMemory Size: 128 MB\tMax Memory " \
    "Used: 67 MB\t"
#define NODE "2026-11-25T03:19:10.123Z\t" ID "\tINFO\t"
/* As Node's util.inspect prints what lambda-warmer 2.3.0 logs, LINE being between its lines. */
#define JS_OBJECT(line, warm)                                                                                \
    "{" line "  action: 'warmer'," line "  function: 'orders-api:$LATEST'," line                             \
    "  id: '1795577572006-0396'," line "  correlationId: 'abc123'," line "  count: 4," line                  \
    "  concurrency: 7," line "  warm: " warm "," line "  lastAccessed: 1795577572164," line                  \
    "  lastAccessedSeconds: '0.0'" line "}\n"
#define JS_JSON                                                                                              \
    "{\"timestamp\":\"2026-11-25T03:19:10.123Z\",\"level\":\"INFO\",\"requestId\":\"" ID                     \
    "\",\"message\":{\"action\":\"warmer\",\"function\":\"orders-api:1\",\"id\":\"1795577572006-0396\","     \
    "\"correlationId\":\"abc123\",\"count\":4,\"concurrency\":7,\"warm\":false,\"lastAccessed\":null,"       \
    "\"lastAccessedSeconds\":null}}\n"
#define PYTHON(id)                                                                                           \
    "{'instance_id': '" id "', 'is_warmer_invocation': True, 'is_warm': False, 'function_name': 'f'}\n"      \
    "[INFO]\t2026-11-25T03:19:10.123Z\t" ID "\t{'action': 'warmer', 'correlation_id': 'abc', 'count': 4, "   \
    "'concurrency': 7, 'instance_id': '" id "', 'is_warmer_invocation': True, 'is_warm': False, "            \
    "'function_name': 'f', 'function_version': '$LATEST'}\n"
#define JSON_REPORT(metrics)                                                                                 \
    "{\"time\":\"2026-11-25T03:19:10.200Z\",\"type\":\"platform.report\",\"record\":{\"requestId\":\"" ID    \
    "\",\"metrics\":{" metrics "},\"status\":\"success\"}}\n"
#define INIT(phase, status) "INIT_REPORT Init Duration: 9999.63 ms\tPhase: " phase "\tStatus: " status "\n"
#define JSON_INIT(status)                                                                                    \
    "{\"time\":\"2026-11-25T03:19:10.100Z\",\"type\":\"platform.initReport\",\"record\":{"                   \
    "\"initializationType\":\"on-demand\",\"phase\":\"init\",\"status\":\"" status                           \
    "\",\"metrics\":{\"durationMs\":9999.63}}}\n"
#define BASICS "\"durationMs\":77.589,\"billedDurationMs\":78,\"memorySizeMB\":128,\"maxMemoryUsedMB\":67"

static struct log_tail read_log(const char *log, size_t length, const char *request_id)
{
    CLEANUP_TEXT struct text encoded = {0};
    struct log_tail tail = {0};
    base64_encode(log, length, &encoded);
    assert_int_equal(log_tail_read(encoded.length ? encoded.data : "", request_id, &tail), 0);
    return tail;
}

static const struct {
    const char *log;
    uint32_t init_us, restore_us, billed_us;
    enum coldness reported, cold;
    const char *instance;
} tails[] = {
    /* reports */
    {START END REPORT "\n", 0, 0, 78000, COLD_NO, COLD_UNKNOWN, NULL},
    {START END REPORT "Init Duration: 159.71 ms\t\n", 159710, 0, 78000, COLD_YES, COLD_UNKNOWN, NULL},
    {START END REPORT "Restore Duration: 289.67 ms\tBilled Restore Duration: 23 ms\t\nXRAY TraceId: 1-2\t\n",
     0, 289670, 101000, COLD_YES, COLD_UNKNOWN, NULL},
    {REPORT "Billed Restore Duration: 23 ms\tRestore Duration: 289.67 ms", 0, 289670, 101000, COLD_YES,
     COLD_UNKNOWN, NULL},
    {START END "REPORT RequestId: " OTHER "\tInit Duration: 5 ms\n" REPORT "\n", 0, 0, 78000, COLD_NO,
     COLD_UNKNOWN, NULL},
    {JSON_REPORT(BASICS), 0, 0, 78000, COLD_NO, COLD_UNKNOWN, NULL},
    {"{\"type\":\"platform.start\"}\n" JSON_REPORT(BASICS ",\"initDurationMs\":159.714"), 159714, 0, 78000,
     COLD_YES, COLD_UNKNOWN, NULL},
    {JSON_REPORT(BASICS ",\"restoreDurationMs\":289.67,\"billedRestoreDurationMs\":23"), 0, 289670, 101000,
     COLD_YES, COLD_UNKNOWN, NULL},
    /* none, or none that makes sense */
    {"", 0, 0, 0, COLD_UNKNOWN, COLD_UNKNOWN, NULL},
    {START "a line of the function's: Init Duration: 5 ms\n", 0, 0, 0, COLD_UNKNOWN, COLD_UNKNOWN, NULL},
    {"{\"type\":\"platform.report\"", 0, 0, 0, COLD_UNKNOWN, COLD_UNKNOWN, NULL},
    {"{\"message\":\"platform.report\",\"record\":{\"metrics\":{\"initDurationMs\":5}}}\n", 0, 0, 0,
     COLD_UNKNOWN, COLD_UNKNOWN, NULL},
    {"REPORT RequestId: " ID "\tInit Duration: -5 ms\tBilled Duration: 99999999999999 ms\n", 0, 0, 0,
     COLD_YES, COLD_UNKNOWN, NULL},
    {JSON_REPORT("\"initDurationMs\":1e300,\"billedDurationMs\":\"78\""), 0, 0, 0, COLD_YES, COLD_UNKNOWN,
     NULL},
    /* an initialisation that failed or took over 10 s runs again within the invocation */
    {INIT("init", "timeout") START END REPORT "\n", 0, 0, 78000, COLD_YES, COLD_UNKNOWN, NULL},
    {"INIT_START Runtime Version: python:3.13.v13\tRuntime Version ARN: arn:aws:lambda:x\n" INIT(
         "init", "error\tError Type: Runtime.ExitError") START INIT("invoke", "success") END REPORT "\n",
     0, 0, 78000, COLD_YES, COLD_UNKNOWN, NULL},
    {"RESTORE_REPORT Restore Duration: 10013.10 ms\tStatus: timeout\n" START END REPORT "\n", 0, 0, 78000,
     COLD_YES, COLD_UNKNOWN, NULL},
    {JSON_INIT("timeout") JSON_REPORT(BASICS), 0, 0, 78000, COLD_YES, COLD_UNKNOWN, NULL},
    {JSON_INIT("error") JSON_REPORT(BASICS), 0, 0, 78000, COLD_YES, COLD_UNKNOWN, NULL},
    {INIT("init", "timeout") START END "REPORT RequestId: " OTHER "\tDuration: 5 ms\n" START END REPORT "\n",
     0, 0, 78000, COLD_NO, COLD_UNKNOWN, NULL},
    {START "the function's own INIT_REPORT Status: timeout\n" END REPORT "\n", 0, 0, 78000, COLD_NO,
     COLD_UNKNOWN, NULL},
    /* lambda-warmer, by a runtime that keeps lines and by one that joins them */
    {START NODE JS_OBJECT("\n", "true") END REPORT "\n", 0, 0, 78000, COLD_NO, COLD_NO, "1795577572006-0396"},
    {START NODE JS_OBJECT("\r", "false") END REPORT "Init Duration: 159.71 ms\t\n", 159710, 0, 78000,
     COLD_YES, COLD_YES, "1795577572006-0396"},
    {JS_JSON JSON_REPORT(BASICS), 0, 0, 78000, COLD_NO, COLD_YES, "1795577572006-0396"},
    {NODE "{ action: 'warmer', id: \"it's\", warm: true }\n", 0, 0, 0, COLD_UNKNOWN, COLD_NO, "it's"},
    {NODE "{ id: 'first', action: 'warmer', warm: true }\n" NODE "{ action: 'warmer', id: 'last' }\n", 0, 0,
     0, COLD_UNKNOWN, COLD_UNKNOWN, "last"},
    /* lambda-warmer-py 0.6.0 takes the request's id for the instance's: no proof of anything */
    {START PYTHON(ID) END REPORT "\n", 0, 0, 78000, COLD_NO, COLD_YES, NULL},
    {PYTHON(OTHER), 0, 0, 0, COLD_UNKNOWN, COLD_YES, OTHER},
    /* what isn't theirs */
    {NODE "{ action: 'order', id: '5', warm: true }\n", 0, 0, 0, COLD_UNKNOWN, COLD_UNKNOWN, NULL},
    {NODE "{ action: 'warmer', order: { id: '5' } }\n", 0, 0, 0, COLD_UNKNOWN, COLD_UNKNOWN, NULL},
    {"id: 'cut-1', action: 'warmer', warm: true }\n", 0, 0, 0, COLD_UNKNOWN, COLD_UNKNOWN, NULL},
    {NODE "{ action: 'warmer', id: 'cut", 0, 0, 0, COLD_UNKNOWN, COLD_UNKNOWN, NULL},
    {NODE "{ action: 'warmer', id: 'cut\\", 0, 0, 0, COLD_UNKNOWN, COLD_UNKNOWN, NULL},
    {NODE "{ action: 'warmer' id: '5' }\n", 0, 0, 0, COLD_UNKNOWN, COLD_UNKNOWN, NULL},
    {NODE "{ action: 'warmer', warm: maybe }\n", 0, 0, 0, COLD_UNKNOWN, COLD_UNKNOWN, NULL},
    {"{", 0, 0, 0, COLD_UNKNOWN, COLD_UNKNOWN, NULL},
    {"{:", 0, 0, 0, COLD_UNKNOWN, COLD_UNKNOWN, NULL},
    {"{a:", 0, 0, 0, COLD_UNKNOWN, COLD_UNKNOWN, NULL},
};

static void tails_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        struct log_tail tail = read_log(tails[i].log, strlen(tails[i].log), NULL);
        print_message("%zu: %.60s\n", i, tails[i].log);
        assert_int_equal(tail.init_us, tails[i].init_us);
        assert_int_equal(tail.restore_us, tails[i].restore_us);
        assert_int_equal(tail.billed_us, tails[i].billed_us);
        assert_int_equal(log_tail_reported_cold(&tail), tails[i].reported);
        assert_int_equal(tail.cold, tails[i].cold);
        if (tails[i].instance)
            assert_string_equal(tail.instance, tails[i].instance);
        else
            assert_null(tail.instance);
        log_tail_free(&tail);
    }
}

static void the_answers_request_id_is_no_instance(void **state)
{
    (void)state;
    static const char log[] = PYTHON(ID);
    struct log_tail tail = read_log(log, strlen(log), ID);
    assert_null(tail.instance);
    assert_int_equal(tail.cold, COLD_YES);
    log_tail_free(&tail);
}

static void of_a_long_log_the_end_is_read(void **state)
{
    (void)state;
    static const size_t lengths[] = {LOG_TAIL_MAX - 3, LOG_TAIL_MAX, LOG_TAIL_MAX + 1, LOG_TAIL_MAX + 2,
                                     100000};
    static const char report[] = "\n" REPORT "Init Duration: 1.5 ms\n";
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        CLEANUP_TEXT struct text log = {0};
        while (log.length < lengths[i] - strlen(report))
            text_add(&log, "{");
        text_add(&log, report);
        struct log_tail tail = read_log(log.data, log.length, NULL);
        assert_int_equal(tail.init_us, 1500);
    }
}

/* The line that says how it began may stand before the last 4 KB. */
static void a_cut_log_proves_no_warmth(void **state)
{
    (void)state;
    for (size_t length = LOG_TAIL_WHOLE - 1; length <= LOG_TAIL_WHOLE; length++)
        for (int cold = 0; cold <= 1; cold++) {
            CLEANUP_TEXT struct text log = {0};
            const char *end = cold ? "\n" REPORT "Init Duration: 1.5 ms\n" : "\n" REPORT "\n";
            while (log.length < length - strlen(end))
                text_add(&log, ".");
            text_add(&log, end);
            struct log_tail tail = read_log(log.data, log.length, NULL);
            assert_int_equal(log_tail_reported_cold(&tail), cold                      ? COLD_YES
                                                            : length < LOG_TAIL_WHOLE ? COLD_NO
                                                                                      : COLD_UNKNOWN);
        }
}

static void nuls_hide_nothing(void **state)
{
    (void)state;
    static const char log[] = "\0\0 binary\0\n" REPORT "\0\n\0";
    struct log_tail tail = read_log(log, sizeof log - 1, NULL);
    assert_int_equal(log_tail_reported_cold(&tail), COLD_NO);
}

static void what_is_no_base64_says_nothing(void **state)
{
    (void)state;
    static const char *const encoded[] = {"=",          "UkVQT1JU*", "UkVQT1JUI", "\xff\xff\xff\xff",
                                          "UkVQ\tT1JU", "===="};
    for (size_t i = 0; i < COUNT_OF(encoded); i++) {
        struct log_tail tail = {.billed_us = 7};
        assert_int_equal(log_tail_read(encoded[i], NULL, &tail), 0);
        assert_int_equal(tail.billed_us, 0);
        assert_false(tail.reported);
        assert_null(tail.instance);
    }
}

/* Any cut of a log is safe to read: under the sanitizers this looks for reads beyond it. */
static void every_cut_is_safe(void **state)
{
    (void)state;
    static const char log[] =
        START NODE JS_OBJECT("\n", "true") JS_JSON PYTHON(OTHER) END REPORT "Init Duration: 159.71 ms\n";
    for (size_t from = 0; from < sizeof log - 1; from += 3)
        for (size_t to = from; to < sizeof log - 1; to += 7) {
            struct log_tail tail = read_log(log + from, to - from, NULL);
            log_tail_free(&tail);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tails_are_read),
        cmocka_unit_test(the_answers_request_id_is_no_instance),
        cmocka_unit_test(of_a_long_log_the_end_is_read),
        cmocka_unit_test(a_cut_log_proves_no_warmth),
        cmocka_unit_test(nuls_hide_nothing),
        cmocka_unit_test(what_is_no_base64_says_nothing),
        cmocka_unit_test(every_cut_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
