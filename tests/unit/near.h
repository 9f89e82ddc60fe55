/* Debian 12's cmocka compares floats, but not doubles. */
#ifndef WARMD_TESTS_NEAR_H
#define WARMD_TESTS_NEAR_H

#include "cmocka_all.h"

#include <math.h>

#define assert_near(value, wanted, tolerance)                                                                \
    do {                                                                                                     \
        double value_ = (value), wanted_ = (wanted);                                                         \
        if (!(fabs(value_ - wanted_) <= (tolerance)))                                                        \
            fail_msg("%s is %.12g, not %.12g", #value, value_, wanted_);                                     \
    } while (0)

#endif
