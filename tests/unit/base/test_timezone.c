#include "base/timezone.h"

#include "../cmocka_all.h"
#include "../scratch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char zone_file[1024];

/* Local time's distance from UTC at the beginning of 2026. */
static long offset_s(void)
{
    time_t seconds = 1767225600;
    struct tm local;
    assert_non_null(localtime_r(&seconds, &local));
    return local.tm_gmtoff;
}

static void set_system_zone(const char *name)
{
    char path[128], bytes[65536], new_file[sizeof zone_file + 4];
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    snprintf(new_file, sizeof new_file, "%s.new", zone_file);
    FILE *from = fopen(path, "re"), *to = fopen(new_file, "we");
    assert_non_null(from);
    assert_non_null(to);
    size_t n = fread(bytes, 1, sizeof bytes, from);
    assert_int_equal(fwrite(bytes, 1, n, to), n);
    fclose(from);
    fclose(to);
    assert_int_equal(rename(new_file, zone_file), 0);
}

static void the_systems_zone_is_read_again(void **state)
{
    (void)state;
    set_system_zone("Asia/Tokyo");
    assert_int_equal(timezone_use(NULL), 0);
    assert_int_equal(offset_s(), 9 * 3600);
    set_system_zone("Asia/Kathmandu");
    assert_int_equal(timezone_use(NULL), 0);
    assert_int_equal(offset_s(), 5 * 3600 + 45 * 60);
}

static void the_environment_is_changed_in_place(void **state)
{
    (void)state;
    assert_int_equal(timezone_use("America/New_York"), 0);
    const char *before = getenv("TZ");
    assert_string_equal(before, "America/New_York");
    assert_int_equal(offset_s(), -5 * 3600);
    assert_int_equal(timezone_use("Pacific/Chatham"), 0);
    assert_ptr_equal(getenv("TZ"), before);
    assert_int_equal(offset_s(), 13 * 3600 + 45 * 60);
    assert_int_equal(timezone_use(NULL), 0);
    assert_int_equal(offset_s(), 5 * 3600 + 45 * 60);
}

static void a_name_too_long_changes_nothing(void **state)
{
    (void)state;
    char *name = calloc(1, PATH_MAX + 2);
    memset(name, 'x', PATH_MAX + 1);
    assert_int_equal(timezone_use("Asia/Tokyo"), 0);
    assert_int_equal(timezone_use(name), -ENAMETOOLONG);
    assert_int_equal(offset_s(), 9 * 3600);
    free(name);
}

int main(void)
{
    void *folder = NULL;
    char value[sizeof zone_file + 1];
    if (scratch_create(&folder) != 0)
        return 1;
    snprintf(zone_file, sizeof zone_file, "%s/localtime", (char *)folder);
    snprintf(value, sizeof value, ":%s", zone_file);
    setenv("TZ", value, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_systems_zone_is_read_again),
        cmocka_unit_test(the_environment_is_changed_in_place),
        cmocka_unit_test(a_name_too_long_changes_nothing),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_remove(&folder);
    return failed;
}
