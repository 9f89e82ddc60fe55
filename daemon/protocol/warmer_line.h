/* The line that lambda-warmer (npm, PyPI) writes for each ping into the function's log. Pure. */
#ifndef WARMD_PROTOCOL_WARMER_LINE_H
#define WARMD_PROTOCOL_WARMER_LINE_H

#include "record/sample.h"

#include <stdbool.h>

struct warmer_line {
    char *instance; /* NULL: not in it; owned by the holder */
    enum coldness cold;
};

/* Finds the last such line in LOG. It is an object with action 'warmer', printed by Node's util.inspect (over
 * several lines, which the runtime may have joined by carriage returns), by Python's repr, or as JSON:
 *   { action: 'warmer', function: 'f:1', id: '1700000000000-0042', …, warm: false, lastAccessed: null, … }
 *   {'action': 'warmer', …, 'instance_id': '8f507cfc-…', 'is_warm': True, …}
 * False: there is none, RET_LINE is untouched. */
bool warmer_line_find(const char *log, struct warmer_line *ret_line);

#endif
