/* A configuration read from a test's own folder, and what was said of it. */
#ifndef WARMD_TESTS_CONFIG_LOAD_H
#define WARMD_TESTS_CONFIG_LOAD_H

#include "config/config.h"

struct load {
    struct plan *plan;
    struct mistakes mistakes;
    int result;
};

/* Reads main.conf of FOLDER; the second writes it first. load_free frees. */
struct load load_main(void *folder);
struct load load_text(void *folder, const char *text);
void load_free(struct load *load);
#define CLEANUP_LOAD __attribute__((cleanup(load_free)))

/* Of a configuration without a mistake that has just this one endpoint. */
const struct endpoint *load_endpoint(struct load *load, void *folder, const char *keys);

/* The n-th mistake is in FILE of the folder, in that line, with that text. */
void assert_mistake(const struct load *load, void *folder, size_t n, const char *file, unsigned line,
                    const char *text);

#endif
