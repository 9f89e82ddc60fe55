/* The error contract of the whole program, written once.
 *
 * A function that can fail returns int: 0 (or a positive, documented result) on success, a negative errno
 * value on failure. Outputs are named ret_ and stay untouched on failure. A function that takes a struct
 * error fills it with one line for a person: what failed, on what, why. Functions return errors or log them,
 * never both. */
#ifndef WARMD_BASE_ERROR_H
#define WARMD_BASE_ERROR_H

struct error {
    char message[512];
};

/* Formats the message (truncated to fit) and returns CODE, so that `return error_set(e, -EINVAL, …)` reads
 * well. ERROR may be NULL. */
int error_set(struct error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
