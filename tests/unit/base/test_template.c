#include "../cmocka_all.h"

#include "base/cleanup.h"
#include "base/template.h"

#include <errno.h>
#include <string.h>

static int look_up(const char *name, struct text *out, void *context)
{
    if (strcmp(name, "name") == 0)
        text_add(out, context);
    else if (strcmp(name, "nothing") == 0)
        return 0;
    else if (strcmp(name, "broken") == 0)
        return -EIO;
    else
        return -ENOENT;
    return 0;
}

struct row {
    const char *template;
    const char *expanded; /* NULL: an error with MESSAGE in it */
    const char *message;
};

static const struct row rows[] = {
    {"", "", NULL},
    {"no placeholder", "no placeholder", NULL},
    {"${name}", "VALUE", NULL},
    {"a${name}b${name}c", "aVALUEbVALUEc", NULL},
    {"${nothing}", "", NULL},
    {"$${name}", "${name}", NULL},
    {"$$${name}", "$${name}", NULL},
    {"costs 5$", "costs 5$", NULL},
    {"$name $ $(x) $$", "$name $ $(x) $$", NULL},
    {"}{", "}{", NULL},
    {"${unknown}", NULL, "unknown placeholder ${unknown}"},
    {"${}", NULL, "unknown placeholder ${}"},
    {"${name", NULL, "no closing }"},
    {"a${", NULL, "no closing }"},
    {"${ name}", NULL, "unknown placeholder ${ name}"},
};

static void expands_or_says_why_not(void **state)
{
    (void)state;
    char value[] = "VALUE";
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP_TEXT struct text out = {0};
        struct error error = {0};
        text_add(&out, "");
        int result = template_expand(rows[i].template, look_up, value, &out, &error);
        assert_int_equal(result, rows[i].expanded ? 0 : -EINVAL);
        if (rows[i].expanded)
            assert_string_equal(out.data, rows[i].expanded);
        else
            assert_non_null(strstr(error.message, rows[i].message));
    }
}

static void does_not_expand_values(void **state)
{
    (void)state;
    CLEANUP_TEXT struct text out = {0};
    char value[] = "${name}";
    assert_int_equal(template_expand("${name}!", look_up, value, &out, NULL), 0);
    assert_string_equal(out.data, "${name}!");
}

static void forwards_other_errors(void **state)
{
    (void)state;
    CLEANUP_TEXT struct text out = {0};
    char value[] = "x";
    assert_int_equal(template_expand("${broken}", look_up, value, &out, NULL), -EIO);
}

static void refuses_names_without_end(void **state)
{
    (void)state;
    CLEANUP_TEXT struct text out = {0};
    struct error error = {0};
    char template[400], value[] = "x";
    memset(template, 'n', sizeof template);
    memcpy(template, "${", 2);
    memcpy(template + sizeof template - 2, "}", 2);
    assert_int_equal(template_expand(template, look_up, value, &out, &error), -EINVAL);
    assert_non_null(strstr(error.message, "longer than 128"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expands_or_says_why_not),
        cmocka_unit_test(does_not_expand_values),
        cmocka_unit_test(forwards_other_errors),
        cmocka_unit_test(refuses_names_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
