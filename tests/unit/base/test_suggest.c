#include "../cmocka_all.h"

#include "base/cleanup.h"
#include "base/suggest.h"

#include <string.h>

static const char *const words[] = {"name",    "url",  "warm", "interval",      "connect_timeout",
                                    "timeout", "cold", "hold", "x_y_z_max_wait"};

struct row {
    const char *word;
    const char *meant; /* NULL: nothing near */
};

static const struct row rows[] = {
    {"intervall", "interval"},                 /* one too many */
    {"intrval", "interval"},                   /* one missing */
    {"intervel", "interval"},                  /* one changed */
    {"wram", "warm"},                          /* two swapped */
    {"Timeout", "timeout"},                    /* only the case */
    {"connection_timeout", "connect_timeout"}, /* three too many */
    {"connect-timeout", "connect_timeout"},
    {"x-y-z-max-wait", "x_y_z_max_wait"}, /* four hyphens are no edits */
    {"hald", "hold"},                     /* one off; "cold" is two off */
    {"ural", "url"},
    {"intervallllll", NULL},
    {"ur", NULL}, /* too short to guess */
    {"zzzz", NULL},
    {"", NULL},
};

static void suggests_what_is_near(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *near = suggest(rows[i].word, words, COUNT_OF(words));
        if (rows[i].meant) {
            assert_non_null(near);
            assert_string_equal(near, rows[i].meant);
        } else {
            assert_null(near);
        }
    }
}

static void bears_words_of_any_length(void **state)
{
    (void)state;
    char longest[65], longer[5000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    const char *const long_words[] = {longer, longest};
    assert_ptr_equal(suggest(longest, long_words, 2), longest);
    assert_null(suggest(longer, long_words, 2));
    assert_null(suggest("warm", NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggests_what_is_near),
        cmocka_unit_test(bears_words_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
