/* Preconditions that only a bug can break. They are checked in every build: the process aborts with a
 * message, and systemd starts it again, which is better than to go on with what can't be. */
#ifndef WARMD_BASE_REQUIRE_H
#define WARMD_BASE_REQUIRE_H

/* CONDITION's text is printed, never its values. It must have no side effects. */
#define REQUIRE(condition)                                                                                   \
    (__builtin_expect(!!(condition), 1) ? (void)0 : require_failed(__FILE__, __LINE__, __func__, #condition))

_Noreturn void require_failed(const char *file, int line, const char *function, const char *condition)
    __attribute__((cold));

#endif
