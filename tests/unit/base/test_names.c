#include "base/names.h"

#include "../cmocka_all.h"

#include <stdio.h>
#include <string.h>

static void names_are_found_where_they_were_put(void **state)
{
    (void)state;
    static char many[2000][16];
    struct names names = {0};
    assert_true(names_find(&names, "a") == NAMES_NONE);
    for (size_t i = 0; i < 2000; i++) {
        snprintf(many[i], sizeof many[i], "name-%zu", i);
        assert_int_equal(names_put(&names, many[i], i), 0);
    }
    for (size_t i = 0; i < 2000; i += 2)
        names_drop(&names, many[i]);
    names_drop(&names, many[0]);
    for (size_t i = 1; i < 2000; i += 2)
        assert_int_equal(names_put(&names, many[i], i / 2), 0);
    for (size_t i = 0; i < 2000; i++)
        assert_true(names_find(&names, many[i]) == (i % 2 ? i / 2 : NAMES_NONE));
    names_free(&names);
    assert_true(names_find(&names, many[1]) == NAMES_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_found_where_they_were_put)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
