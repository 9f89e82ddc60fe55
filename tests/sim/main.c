#include "options.h"

#include <sys/random.h>

int main(int argc, char **argv)
{
    struct server_options options = {.bind_address = "127.0.0.1",
                                     .plain_port = -1,
                                     .tls.with_h2 = true,
                                     .max_streams = 128,
                                     .with_identity = true,
                                     .honours_hold = true,
                                     .known_ping = PING_ANY,
                                     .region = "eu-west-1",
                                     .credentials_lifetime_s = 3600,
                                     .lambda = {.cold_ns = 200 * NS_PER_MS,
                                                .idle_ttl_ns = 300 * NS_PER_S,
                                                .max_age_ns = UINT64_MAX,
                                                .volley_gap_ns = 500 * NS_PER_MS,
                                                .max_instances = UINT64_MAX,
                                                .seed = 1}};
    options_take(argc, argv, &options);
    /* An instance of one run must not look like one of the next. */
    if (getrandom(&options.lambda.names, sizeof options.lambda.names, 0) < 0)
        options.lambda.names = monotonic_ns();
    return server_run(&options);
}
