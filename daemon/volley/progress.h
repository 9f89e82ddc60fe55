/* How far a volley is, for whoever waits for it. Its threads count, and any thread reads; but nothing is
 * counted from when all is armed until the last byte is released, and nothing at all if nobody watches. */
#ifndef WARMD_VOLLEY_PROGRESS_H
#define WARMD_VOLLEY_PROGRESS_H

#include <stdatomic.h>

enum volley_stage {
    VOLLEY_ARMING,
    VOLLEY_HELD, /* it waits for T0, or is being released: leave the processors to it */
    VOLLEY_RELEASED,
};

/* Zero-initialised, it is of a volley that hasn't begun. */
struct volley_progress {
    atomic_int stage;
    atomic_uint armed, answered; /* requests */
};

#endif
