#include "../cmocka_all.h"

#include "base/cleanup.h"
#include "base/duration.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define S UINT64_C(1000000)
#define MIN (60 * S)
#define H (60 * MIN)
#define D (24 * H)

struct row {
    const char *text;
    int result;
    uint64_t us;
};

static const struct row rows[] = {
    {"0", 0, 0},
    {"90", 0, 90 * S},
    {"5min", 0, 5 * MIN},
    {"1h 30min", 0, 90 * MIN},
    {"1h30min", 0, 90 * MIN},
    {"  1 h   30  min ", 0, 90 * MIN},
    {"75ms", 0, 75000},
    {"75 msec", 0, 75000},
    {"2.5s", 0, 2500000},
    {".5s", 0, 500000},
    {"0.1us", 0, 0},
    {"1.5h", 0, 90 * MIN},
    {"1.000001s", 0, 1000001},
    {"1.0000019s", 0, 1000001}, /* digits beyond a microsecond are dropped */
    {"7us", 0, 7},
    {"7usec", 0, 7},
    {"7\xc2\xb5s", 0, 7}, /* the micro sign */
    {"7\xce\xbcs", 0, 7}, /* the letter mu */
    {"3sec", 0, 3 * S},
    {"1second", 0, S},
    {"2seconds", 0, 2 * S},
    {"1m", 0, MIN},
    {"1minute", 0, MIN},
    {"2minutes", 0, 2 * MIN},
    {"1hr", 0, H},
    {"1hour", 0, H},
    {"2hours", 0, 2 * H},
    {"1d", 0, D},
    {"1day", 0, D},
    {"2days", 0, 2 * D},
    {"1w", 0, 7 * D},
    {"1week", 0, 7 * D},
    {"2weeks", 0, 14 * D},
    {"1M", 0, UINT64_C(2629800) * S},
    {"1month", 0, UINT64_C(2629800) * S},
    {"2months", 0, UINT64_C(5259600) * S},
    {"1y", 0, UINT64_C(31557600) * S},
    {"1year", 0, UINT64_C(31557600) * S},
    {"2years", 0, UINT64_C(63115200) * S},
    {"1h 30", 0, H + 30 * S},
    {"18446744073709551615us", 0, UINT64_MAX},
    {"18446744073709551616us", -ERANGE, 0},
    {"99999999999999999999999s", -ERANGE, 0},
    {"18446744073709551615s", -ERANGE, 0},
    {"18446744073709551615us 1us", -ERANGE, 0},
    {"584943y", -ERANGE, 0},
    {"", -EINVAL, 0},
    {"   ", -EINVAL, 0},
    {"-5s", -EINVAL, 0},
    {"+5s", -EINVAL, 0},
    {"5 parsecs", -EINVAL, 0},
    {"5Min", -EINVAL, 0},
    {"5minx", -EINVAL, 0},
    {"min", -EINVAL, 0},
    {"5,5s", -EINVAL, 0},
    {"5.s", -EINVAL, 0},
    {".s", -EINVAL, 0},
    {".", -EINVAL, 0},
    {"1.2.3s", -EINVAL, 0},
    {"infinity", -EINVAL, 0},
    {"0x10s", -EINVAL, 0},
    {"1e3s", -EINVAL, 0},
    {"5min;", -EINVAL, 0},
};

static void parses_what_systemd_parses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t us = 12345;
        int result = duration_parse(rows[i].text, &us);
        uint64_t expected = rows[i].result == 0 ? rows[i].us : 12345;
        if (result != rows[i].result || us != expected)
            fail_msg("'%s': %d and %" PRIu64 ", not %d and %" PRIu64, rows[i].text, result, us,
                     rows[i].result, expected);
    }
}

static void writes_the_shortest_exact_spelling(void **state)
{
    (void)state;
    static const struct row shown[] = {
        {"0", 0, 0},
        {"1us", 0, 1},
        {"75ms", 0, 75000},
        {"1s 500ms", 0, 1500000},
        {"5min", 0, 5 * MIN},
        {"1h 30min", 0, 90 * MIN},
        {"31d", 0, 31 * D},
        {"1d 1h 1min 1s 1ms 1us", 0, D + H + MIN + S + 1001},
        {"213503982d 8h 1min 49s 551ms 615us", 0, UINT64_MAX},
    };
    char buffer[DURATION_TEXT_MAX];
    for (size_t i = 0; i < COUNT_OF(shown); i++)
        assert_string_equal(duration_format(shown[i].us, buffer), shown[i].text);
}

/* splitmix64: good enough to spread values, the same on every machine. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void reads_back_what_it_writes(void **state)
{
    (void)state;
    uint64_t seed = 2024;
    char buffer[DURATION_TEXT_MAX];
    for (int i = 0; i < 10000; i++) {
        uint64_t us = next_random(&seed) >> (next_random(&seed) % 64), read_back = 0;
        assert_int_equal(duration_parse(duration_format(us, buffer), &read_back), 0);
        assert_true(read_back == us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_what_systemd_parses),
        cmocka_unit_test(writes_the_shortest_exact_spelling),
        cmocka_unit_test(reads_back_what_it_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
