/* Which endpoints share a function, and so its limits. */
#include "../cmocka_all.h"

#include "base/cleanup.h"
#include "decide/throttle.h"

static uint64_t key_of(char *function, char *region)
{
    struct endpoint endpoint = {.function = function, .region = region};
    return throttle_key(&endpoint);
}

static void one_function_has_one_key_however_it_is_called(void **state)
{
    (void)state;
    static char region[] = "eu-west-1", elsewhere[] = "us-east-1", other[] = "another";
    static char ways[][96] = {
        "billing",
        "billing:live",
        "billing:7",
        "123456789012:function:billing",
        "123456789012:function:billing:live",
        "arn:aws:lambda:eu-west-1:123456789012:function:billing",
        "arn:aws:lambda:eu-west-1:123456789012:function:billing:live",
    };
    for (size_t i = 1; i < COUNT_OF(ways); i++)
        assert_int_equal(key_of(ways[i], region), key_of(ways[0], region));
    assert_int_equal(key_of(ways[6], NULL), key_of(ways[0], region));
    assert_int_not_equal(key_of(ways[0], elsewhere), key_of(ways[0], region));
    assert_int_not_equal(key_of(other, region), key_of(ways[0], region));
}

static void a_url_counts_without_its_query(void **state)
{
    (void)state;
    static char plain[] = "https://h.example/a", query[] = "https://h.example/a?b=1",
                path[] = "https://h.example/b";
    struct endpoint one = {.url = plain}, two = {.url = query}, three = {.url = path};
    assert_int_equal(throttle_key(&one), throttle_key(&two));
    assert_int_not_equal(throttle_key(&one), throttle_key(&three));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_function_has_one_key_however_it_is_called),
        cmocka_unit_test(a_url_counts_without_its_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
