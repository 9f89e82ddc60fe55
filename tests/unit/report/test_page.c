/* What a page is made of: packed columns, the zone, data that can't leave its element, and how the file is
 * written. */
#include "../cmocka_all.h"

#include "../scratch.h"
#include "base/clock.h"
#include "base/timezone.h"
#include "report/packed.h"
#include "report/page.h"
#include "report/page_data.h"
#include "report/zone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SINCE_US (UINT64_C(1792886400) * US_PER_S) /* 2026-10-25 00:00 UTC */

/* As the page's script reads it. */
static size_t unpack(const char *text, uint64_t *numbers, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint64_t value = 0;
    size_t i = 0;
    while (*text) {
        bool same = *text == '.';
        uint64_t number = 0, digit;
        unsigned shift = 0;
        text += same;
        do {
            digit = (uint64_t)(strchr(digits, *text++) - digits);
            number |= (digit & 31) << shift;
            shift += 5;
        } while (digit & 32);
        if (!same)
            value = number & 1 ? value - (number + 1) / 2 : value + number / 2;
        for (uint64_t k = same ? number : 1; k > 0 && i < n; k--)
            numbers[i++] = value;
    }
    size_t written = i;
    while (i < n)
        numbers[i++] = value;
    return written;
}

static char *pack(const uint64_t *numbers, size_t n)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    struct packed column = {0};
    for (size_t i = 0; i < n; i++)
        packed_add(&column, numbers[i], out);
    fclose(out);
    return text;
}

static void columns_are_read_as_they_were(void **state)
{
    (void)state;
    uint64_t numbers[] = {0, 0, 7, 7, 7, 7, 7, 6, UINT64_C(1) << 52, 1, 1, 1, 31, 32, 1023, 1024, 5, 5, 5, 5};
    enum { N = sizeof numbers / sizeof *numbers };
    uint64_t again[N];
    char *text = pack(numbers, N);
    assert_int_equal(unpack(text, again, N), N - 3); /* what stays the same at the end isn't written */
    assert_memory_equal(numbers, again, sizeof numbers);
    assert_null(strpbrk(text, "<>&\"\\"));
    free(text);
}

static void a_column_of_one_value_is_short(void **state)
{
    (void)state;
    uint64_t numbers[1000] = {0};
    char *text = pack(numbers, 1000);
    assert_string_equal(text, "");
    free(text);
    numbers[999] = 1;
    text = pack(numbers, 1000);
    assert_true(strlen(text) <= 4);
    free(text);
}

static void coarse_numbers_grow_and_are_near(void **state)
{
    (void)state;
    uint64_t before = 0;
    for (uint64_t number = 1; number < UINT64_C(1) << 40; number += 1 + number / 700) {
        uint64_t code = packed_coarse(number);
        assert_true(code >= before);
        uint64_t read = code < 1024 ? code : (512 + code % 512) << (code / 512 - 1);
        assert_true(read <= number && number - read <= number / 512);
        before = code;
    }
}

static void the_zone_has_its_changes(void **state)
{
    (void)state;
    struct zone_offset offsets[4];
    char name[ZONE_NAME_MAX];
    timezone_use("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_int_equal(zone_offsets(SINCE_US, SINCE_US + 200 * US_PER_DAY, offsets, 4), 3);
    assert_int_equal(offsets[0].from_s, SINCE_US / US_PER_S);
    assert_int_equal(offsets[0].east_s, 7200);
    assert_int_equal(offsets[1].from_s, SINCE_US / US_PER_S + 3600); /* 01:00 UTC */
    assert_int_equal(offsets[1].east_s, 3600);
    assert_int_equal(offsets[2].from_s, 1806195600); /* 2027-03-28 01:00 UTC */
    assert_int_equal(zone_offsets(SINCE_US, SINCE_US + 200 * US_PER_DAY, offsets, 2), 2);
    zone_name(SINCE_US, name);
    assert_string_equal(name, "CEST");
    timezone_use("Europe/Berlin");
    zone_name(SINCE_US, name);
    assert_string_equal(name, "Europe/Berlin");
    timezone_use("UTC");
    zone_name(SINCE_US, name);
    assert_string_equal(name, "UTC");
}

static void a_report_of(struct report *report, const char *errors)
{
    struct entry entry;
    report_begin(report, SINCE_US, SINCE_US + US_PER_DAY);
    entry_begin(&entry, SINCE_US + US_PER_HOUR);
    entry.kind = ENTRY_ROUND;
    entry.result = ROUND_FAILED;
    snprintf(entry.endpoint, sizeof entry.endpoint, "orders");
    snprintf(entry.errors, sizeof entry.errors, "%s", errors);
    report_take(report, &entry);
    assert_int_equal(report_finish(report), 0);
}

static void data_stays_in_its_element(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    char *text = NULL;
    size_t length = 0;
    a_report_of(&report, "</script><!-- & \"\\ \xe2\x80\xa8 \xff \x01 \xc3\xa4");
    FILE *out = open_memstream(&text, &length);
    page_data_write(&report, "--file '<x>'", out);
    fclose(out);
    assert_null(strpbrk(text, "<>&"));
    assert_non_null(strstr(
        text, "\"\\u003c/script\\u003e\\u003c!-- \\u0026 \\u0022\\u005c \\u2028 \\ufffd \\u0001 \xc3\xa4\""));
    assert_non_null(strstr(text, "--file '\\u003cx\\u003e'"));
    free(text);
}

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char *text = calloc(1, 1 << 20);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

static void the_file_is_whole_and_readable(void **state)
{
    CLEANUP_REPORT struct report report;
    struct error error = {0};
    struct stat info;
    const char *path = scratch_write(*state, "page.html", "before"),
               *link = scratch_path(*state, "link.html");
    a_report_of(&report, "1 refused");
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(page_write(&report, link, "", &error), 0);
    assert_int_equal(lstat(path, &info), 0);
    assert_int_equal(info.st_mode, S_IFREG | 0644);
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    char *text = read_all(path);
    assert_ptr_equal(strstr(text, "<!doctype html>"), text);
    assert_string_equal(text + strlen(text) - 8, "</html>\n");
    assert_non_null(strstr(text, "'sha256-"));
    assert_null(strstr(text, "{{"));
    free(text);
}

static void what_is_no_file_is_not_replaced(void **state)
{
    CLEANUP_REPORT struct report report;
    struct error error = {0};
    a_report_of(&report, "1 refused");
    assert_int_equal(page_write(&report, *state, "", &error), -EISDIR);
    assert_non_null(strstr(error.message, "is a directory"));
    assert_int_equal(page_write(&report, "/dev/null", "", &error), -ENOTSUP);
    assert_int_equal(page_write(&report, scratch_path(*state, "no/such/page.html"), "", &error), -ENOENT);
    assert_non_null(strstr(error.message, "No such file or directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_read_as_they_were),
        cmocka_unit_test(a_column_of_one_value_is_short),
        cmocka_unit_test(coarse_numbers_grow_and_are_near),
        cmocka_unit_test(the_zone_has_its_changes),
        cmocka_unit_test(data_stays_in_its_element),
        cmocka_unit_test_setup_teardown(the_file_is_whole_and_readable, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_not_replaced, scratch_create, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
