/* tests/faults/awsd.py, started for a test program, and an environment without AWS in it. */
#ifndef WARMD_TESTS_AWSD_H
#define WARMD_TESTS_AWSD_H

/* cmocka's group setup and teardown: starts and ends the server. */
int awsd_start(void **state);
/* The same with TLS, by a certificate and its key; not as a setup. */
int awsd_start_tls(const char *certificate, const char *key);
int awsd_stop(void **state);

/* "http://127.0.0.1:PORT" (https, with TLS) and PATH, until the next but seven calls. */
const char *awsd_url(const char *path);
/* How often the server was asked for NAME. */
int awsd_count(const char *name);
/* NAME of the last request to STS, until the next call; "" where it had none. */
const char *awsd_last(const char *name);

/* Unsets every variable that the chain looks at; metadata is switched off, HOME is FOLDER. */
void aws_environment_clear(const char *folder);

#endif
