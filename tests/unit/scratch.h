/* A folder of a test's own, and files in it. */
#ifndef WARMD_TESTS_SCRATCH_H
#define WARMD_TESTS_SCRATCH_H

#include <stddef.h>

/* cmocka's setup and teardown: *state becomes the folder's path; removed with all that is in it. */
int scratch_create(void **state);
int scratch_remove(void **state);

/* The path of NAME in FOLDER, until the next but seven calls. */
const char *scratch_path(const char *folder, const char *name);
/* Writes a file, with the folders above it, and returns its path as above. */
const char *scratch_write(const char *folder, const char *name, const char *text);
const char *scratch_write_bytes(const char *folder, const char *name, const char *bytes, size_t length);

/* Skips the test under valgrind, where it can't be right: tests say why. */
void leave_out_under_valgrind(void);

#endif
