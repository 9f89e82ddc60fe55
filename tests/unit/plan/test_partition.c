/* AWS's partitions: the table against botocore's data, and what botocore of Debian 12 is too old for. */
#include "../cmocka_all.h"

#include "base/cleanup.h"
#include "plan/partition.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static void expect_host(const char *service, const char *region, struct host_variant variant,
                        const char *expected)
{
    CLEANUP_TEXT struct text host = {0};
    partition_add_host(&host, service, region, variant);
    assert_false(host.failed);
    assert_string_equal(host.data, expected);
}

static void hosts_of_every_partition(void **state)
{
    (void)state;
    static const struct {
        const char *partition, *region, *sts, *dual_stack;
    } rows[] = {
        {"aws", "eu-west-1", "sts.eu-west-1.amazonaws.com", "lambda.eu-west-1.api.aws"},
        {"aws-cn", "cn-northwest-1", "sts.cn-northwest-1.amazonaws.com.cn",
         "lambda.cn-northwest-1.api.amazonwebservices.com.cn"},
        {"aws-us-gov", "us-gov-east-1", "sts.us-gov-east-1.amazonaws.com", "lambda.us-gov-east-1.api.aws"},
        {"aws-iso", "us-iso-west-1", "sts.us-iso-west-1.c2s.ic.gov", "lambda.us-iso-west-1.api.aws.ic.gov"},
        {"aws-iso-b", "us-isob-east-1", "sts.us-isob-east-1.sc2s.sgov.gov",
         "lambda.us-isob-east-1.api.aws.scloud"},
        {"aws-iso-e", "eu-isoe-west-1", "sts.eu-isoe-west-1.cloud.adc-e.uk",
         "lambda.eu-isoe-west-1.api.cloud-aws.adc-e.uk"},
        {"aws-iso-f", "us-isof-south-1", "sts.us-isof-south-1.csp.hci.ic.gov",
         "lambda.us-isof-south-1.api.aws.hci.ic.gov"},
        {"aws-eusc", "eusc-de-east-1", "sts.eusc-de-east-1.amazonaws.eu",
         "lambda.eusc-de-east-1.api.amazonwebservices.eu"},
        {"aws", "xx-new-1", "sts.xx-new-1.amazonaws.com", "lambda.xx-new-1.api.aws"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char arn[128];
        assert_string_equal(partition_of_region(rows[i].region)->name, rows[i].partition);
        assert_string_equal(partition_named(rows[i].partition)->name, rows[i].partition);
        snprintf(arn, sizeof arn, "arn:%s:iam::123456789012:role/warm", rows[i].partition);
        const struct partition *partition = partition_of_arn(arn);
        assert_string_equal(partition->name, rows[i].partition);
        assert_ptr_equal(partition_of_region(partition->home), partition);
        assert_true(region_is_plausible(partition->home));
        expect_host("sts", rows[i].region, (struct host_variant){0}, rows[i].sts);
        expect_host("lambda", rows[i].region, (struct host_variant){.dual_stack = true}, rows[i].dual_stack);
    }
    expect_host("sts", "us-gov-west-1", (struct host_variant){.fips = true},
                "sts.us-gov-west-1.amazonaws.com");
    expect_host("sts", "us-west-1", (struct host_variant){.fips = true}, "sts-fips.us-west-1.amazonaws.com");
    assert_null(partition_named("aws-mars"));
    assert_null(partition_named("aw"));
    assert_null(partition_of_arn("arn:aws-mars:iam::1:role/r"));
    assert_null(partition_of_arn("role"));
}

static void suffixes(void **state)
{
    (void)state;
    static const char *const known[] = {"amazonaws.com", "vpce.amazonaws.com.cn", "api.aws",
                                        "c2s.ic.gov",    "vpce.cloud.adc-e.uk",   "api.amazonwebservices.eu"};
    static const char *const unknown[] = {"",       "com",   "evilamazonaws.com",
                                          "on.aws", "vpce.", "amazonaws.com."};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        assert_non_null(partition_of_suffix(known[i]));
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        assert_null(partition_of_suffix(unknown[i]));
    assert_true(is_function_url_suffix("on.aws"));
    assert_true(is_function_url_suffix("on.amazonwebservices.eu"));
    assert_false(is_function_url_suffix("api.aws"));
}

static void regions_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *region, *suggestion;
    } wrong[] = {{"eu-west1", "eu-west-1"},
                 {"us-eas-1", "us-east-1"},
                 {"eu-west", "eu-west-1"},
                 {"euwest-1", "eu-west-1"},
                 {"eu-wset-1", "eu-west-1"},
                 {"us-gov-wes-1", "us-gov-west-1"},
                 {"ireland", NULL},
                 {"eu-west-1a", "eu-west-1"},
                 {"local", NULL},
                 {"eu-central-", "eu-central-1"},
                 {"eusc-east-1", NULL}};
    static const char *const right[] = {"eu-west-1",     "eu-west-9",      "ap-southeast-12",
                                        "us-gov-east-1", "eusc-de-east-1", "us-isof-south-1",
                                        "mx-central-1",  "cn-northwest-1", "us-north-1"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        const char *found = region_suggestion(wrong[i].region);
        assert_false(region_is_plausible(wrong[i].region));
        if (wrong[i].suggestion && (!found || strcmp(found, wrong[i].suggestion) != 0))
            fail_msg("%s: %s", wrong[i].region, found ? found : "nothing");
    }
    for (size_t i = 0; i < COUNT_OF(right); i++)
        if (!region_is_plausible(right[i]))
            fail_msg("%s", right[i]);
}

/* One line of botocore_hosts.py, which see. */
static void take_line(const char *line)
{
    char words[4][128] = {{0}};
    struct host_variant variant = {0};
    if (sscanf(line, "region %127s %127s", words[0], words[1]) == 2) {
        if (strcmp(partition_of_region(words[1])->name, words[0]) != 0 || !region_is_plausible(words[1]))
            fail_msg("%s", line);
        return;
    }
    if (sscanf(line, "partition %127s %127s %127s", words[0], words[1], words[2]) == 3) {
        const struct partition *partition = partition_named(words[0]);
        if (!partition || strcmp(partition->suffix, words[1]) != 0 ||
            (strcmp(words[2], "-") != 0 && strcmp(partition->dual_stack_suffix, words[2]) != 0))
            fail_msg("%s", line);
        return;
    }
    assert_int_equal(sscanf(line, "host %127s %127s %127s %127s", words[0], words[1], words[2], words[3]), 4);
    variant.fips = strstr(words[2], "fips") != NULL;
    variant.dual_stack = strstr(words[2], "dual") != NULL;
    expect_host(words[0], words[1], variant, words[3]);
}

static void as_botocore_has_them(void **state)
{
    (void)state;
    static const char *const pythons[] = {"python3", "/usr/bin/python3"}; /* of different ages, perhaps */
    char command[PATH_MAX + 64], line[512];
    size_t lines = 0;
    for (size_t i = 0; i < COUNT_OF(pythons); i++) {
        snprintf(command, sizeof command, "%s -B '%.*s/../botocore_hosts.py'", pythons[i],
                 (int)(strrchr(__FILE__, '/') - __FILE__), __FILE__);
        FILE *output = popen(command, "r"); /* NOLINT(cert-env33-c): a constant command */
        assert_non_null(output);
        for (; fgets(line, sizeof line, output); lines++)
            take_line(line);
        assert_int_equal(pclose(output), 0);
    }
    if (lines == 0)
        skip(); /* python3-botocore isn't here */
    assert_true(lines > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_of_every_partition),
        cmocka_unit_test(suffixes),
        cmocka_unit_test(regions_that_are_none),
        cmocka_unit_test(as_botocore_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
