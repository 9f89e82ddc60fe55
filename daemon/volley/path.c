#include "volley/path.h"

#include <linux/tcp.h> /* for tcpi_min_rtt, which netinet/tcp.h lacks */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    LEAST_DIFFERENCE_US = 2000, /* below this, the measurement is noise, and a hold of a few ms covers it */
    VARIATIONS = 3,
    MOST_DELAY_US = 250000, /* a path that is half a second longer is a fault, not a distance */
    ESTABLISHED = 1,        /* TCP_ESTABLISHED, which linux/tcp.h lacks */
};

struct path path_measure(int fd)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
        return (struct path){0};
    return (struct path){.least_round_trip_us = info.tcpi_min_rtt,
                         .variation_us = info.tcpi_rttvar,
                         .round_trip_us = info.tcpi_rtt,
                         .is_connected = info.tcpi_state == ESTABLISHED};
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* If memory runs out, large enough that nothing is compensated. */
static uint32_t median_variation_us(struct path *const *paths, size_t n)
{
    uint32_t *variations = calloc(n, sizeof *variations);
    if (!variations)
        return UINT32_MAX / VARIATIONS;
    for (size_t i = 0; i < n; i++)
        variations[i] = paths[i]->variation_us;
    qsort(variations, n, sizeof *variations, compare);
    uint32_t median = variations[n / 2];
    free(variations);
    return median < UINT32_MAX / VARIATIONS ? median : UINT32_MAX / VARIATIONS;
}

bool path_compensate(struct path *const *paths, size_t n)
{
    uint32_t least = UINT32_MAX, most = 0;
    for (size_t i = 0; i < n; i++) {
        paths[i]->delay_us = 0;
        least = paths[i]->least_round_trip_us < least ? paths[i]->least_round_trip_us : least;
        most = paths[i]->least_round_trip_us > most ? paths[i]->least_round_trip_us : most;
    }
    if (n < 2 || most - least < LEAST_DIFFERENCE_US || (most - least) / 2 > MOST_DELAY_US ||
        most - least <= VARIATIONS * median_variation_us(paths, n))
        return false;
    for (size_t i = 0; i < n; i++)
        paths[i]->delay_us = (most - paths[i]->least_round_trip_us) / 2;
    return true;
}
