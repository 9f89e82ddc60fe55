/* Does the gate hold? It leans on libcurl's innards (which BIO it writes to, and when), so this is tried, not
 * assumed. */
#ifndef WARMD_VOLLEY_GATE_SELFTEST_H
#define WARMD_VOLLEY_GATE_SELFTEST_H

#include <stdbool.h>

/* Runs one TLS request through libcurl over loopback to a server of its own in this thread, and watches that
 * no byte of it arrives before the release, and all of it after. Some milliseconds. */
bool gate_selftest_bio(void);

/* The result of the first call, kept for the life of the process. Thread-safe. */
bool gate_bio_holds(void);

#endif
