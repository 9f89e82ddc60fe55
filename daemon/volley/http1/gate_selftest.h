/* Does the gate hold? It relies on libcurl's internals (which BIO it writes to, and when), so we test it. */
#ifndef WARMD_VOLLEY_HTTP1_GATE_SELFTEST_H
#define WARMD_VOLLEY_HTTP1_GATE_SELFTEST_H

#include <stdbool.h>

/* Sends one TLS request through libcurl over loopback to its own server in this thread, and checks that no
 * byte of it arrives before the release, and all of it after. Takes some milliseconds. */
bool gate_selftest_bio(void);

/* The result of the first call, kept for the life of the process. Thread-safe. */
bool gate_bio_holds(void);

#endif
